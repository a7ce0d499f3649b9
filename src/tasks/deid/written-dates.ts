/**
 * @file Dates as clinicians write them, moved by a number of days and written in the same form: `3/5/14`, `2014-03-05`, `Mar 5th, 2014`,
 * `5 March`, `3/5`, `March 2014`, `20140305`, ranges, with a time behind. What cannot be read with certainty gives `null`.
 */

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Reads a text and gives a writer of the same form, or `null`. */
type Form = (text: string) => ParsedDate | null;

interface ParsedDate {
  /** Missing parts are filled: the year by the reference, the day by the 15th, the month by July. */
  readonly date: Partial<CalendarDate>;
  write(moved: CalendarDate): string;
}

const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
] as const;
const MONTH = `(${MONTHS.map((name) => (name.length > 3 ? `${name.slice(0, 3)}(?:${name.slice(3)})?` : name)).join("|")}|sept)`;
const WEEKDAY = "(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?";

const FORMS: readonly Form[] = [
  // 2014-03-05, 2014/3/5
  numeric(/^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/, ["year", "month", "day"]),
  // 3/5/2014, 03-05-14
  numeric(/^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$/, ["month", "day", "year"]),
  // 5/3 and 3-5
  numeric(/^(\d{1,2})([-/])(\d{1,2})$/, ["month", "day"]),
  // 3/2014
  numeric(/^(\d{1,2})([-/])(\d{4})$/, ["month", "year"]),
  compact,
  worded,
  wholeYear,
];

/** No date is longer; the patterns for ranges need not be fast. */
const LONGEST = 64;

/**
 * `text` moved by `days`, or `null` where it is no date that can be read, or one that no calendar has. `referenceYear` stands in for a
 * missing year. A day of the week alone stays, for offsets are whole weeks.
 */
export function moveDate(text: string, days: number, referenceYear: number): string | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return null;
  if (new RegExp(`^${WEEKDAY}\\.?$`, "i").test(trimmed) && days % 7 === 0) return text;
  const whole = moveOne(trimmed, days, referenceYear);
  if (whole !== null) return text.replace(trimmed, () => whole);
  const range =
    /^(.*?\d.*?)(\s*(?:–|—|\bto\b|\bthrough\b|\band\b)\s*|\s+-\s+|(?<=\d)-(?=\d{1,2}\/))(.*)$/su.exec(
      trimmed,
    );
  if (range !== null) {
    const [, from, joint, to] = range;
    const [first, second] = [moveOne(from!, days, referenceYear), moveOne(to!, days, referenceYear)];
    return first === null || second === null ? null : `${first}${joint}${second}`;
  }
  const timed = /^(.*?)([T, ]+(?:at )?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)$/is.exec(trimmed);
  if (timed === null) return null;
  const date = moveOne(timed[1]!, days, referenceYear);
  return date === null ? null : `${date}${timed[2]}`;
}

/** The year of a date that has one, for those beside it that have none. */
export function yearOf(text: string): number | null {
  for (const form of FORMS) {
    const year = form(text.trim())?.date.year;
    if (year !== undefined) return year;
  }
  return null;
}

function moveOne(text: string, days: number, referenceYear: number): string | null {
  for (const form of FORMS) {
    const parsed = form(text);
    if (parsed === null) continue;
    const { year, month, day } = parsed.date;
    // 2/29 without a year is of a leap year.
    const leap = month === 2 && day === 29 && year === undefined;
    const moved = addDays(
      {
        year: year ?? (leap ? 2000 : referenceYear),
        month: month ?? 7,
        day: day ?? (month === undefined ? 1 : 15),
      },
      days,
    );
    if (moved !== null) return parsed.write(moved);
  }
  return null;
}

/** `null` for a date that the calendar does not have. */
function addDays({ year, month, day }: CalendarDate, days: number): CalendarDate | null {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCFullYear() !== year)
    return null;
  date.setUTCDate(day + days);
  const moved = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  return moved.year < 1000 || moved.year > 9999 ? null : moved;
}

type Part = keyof CalendarDate;

/** Numbers with one separator. Of month and day, the one above 12 is the day (as in most of the world). */
function numeric(pattern: RegExp, order: readonly Part[]): Form {
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return null;
    const separator = match[2]!;
    const digits = match.filter((_, index) => index > 0 && index !== 2);
    const values = new Map(order.map((part, index) => [part, digits[index]!]));
    let [month, day] = [Number(values.get("month")), Number(values.get("day") ?? 15)];
    let written = order;
    if (month > 12 && day <= 12 && values.has("day")) {
      [month, day] = [day, month];
      written = order.map((part) => (part === "month" ? "day" : part === "day" ? "month" : part));
    }
    const year = values.get("year");
    const short = order.flatMap((part, index) => (part === "year" ? [] : [digits[index]!]));
    const padded =
      short.some((each) => each.startsWith("0")) ||
      (order[0] === "year" && short.every((each) => each.length === 2));
    return {
      date: {
        month,
        ...(values.has("day") ? { day } : {}),
        ...(year === undefined ? {} : { year: fullYear(year) }),
      },
      write: (moved) =>
        written
          .map((part, index) =>
            part === "year"
              ? likeDigits(moved.year, digits[index]!)
              : padded
                ? twoDigits(moved[part])
                : String(moved[part]),
          )
          .join(separator),
    };
  };
}

/** 20140305. */
function compact(text: string): ParsedDate | null {
  const match = /^((?:19|20|21)\d{2})(\d{2})(\d{2})$/.exec(text);
  if (match === null) return null;
  return {
    date: { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) },
    write: ({ year, month, day }) => `${year}${twoDigits(month)}${twoDigits(day)}`,
  };
}

const WORDED = [
  // March 5th, 2014; Mar 5; March 5 '14
  new RegExp(
    `^(?<lead>${WEEKDAY}[, ]+)?(?<month>${MONTH})(?<a>\\.?[ -]+)(?<day>\\d{1,2})(?<suffix>st|nd|rd|th)?(?:(?<b>,? +|-)(?<year>'?\\d{2}|\\d{4}))?$`,
    "i",
  ),
  // 5th of March 2014; 5-Mar-14
  new RegExp(
    `^(?<lead>${WEEKDAY}[, ]+)?(?<day>\\d{1,2})(?<suffix>st|nd|rd|th)?(?<a> +of +|[ -]+)(?<month>${MONTH})(?:(?<b>[., -]+)(?<year>'?\\d{2}|\\d{4}))?$`,
    "i",
  ),
  // March 2014, March of 2014
  new RegExp(`^(?<month>${MONTH})(?:(?<b>[., ]+| +of +)(?<year>\\d{4}))?$`, "i"),
];

function worded(text: string): ParsedDate | null {
  for (const [index, pattern] of WORDED.entries()) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const { lead = "", month = "", a = "", day, suffix, b = "", year } = groups;
    const name = month.toLowerCase().slice(0, 3);
    return {
      date: {
        month: MONTHS.findIndex((each) => each.startsWith(name)) + 1,
        ...(day === undefined ? {} : { day: Number(day) }),
        ...(year === undefined ? {} : { year: fullYear(year.replace("'", "")) }),
      },
      write: (moved) => {
        const words = likeMonth(moved.month, month);
        const number =
          day === undefined
            ? ""
            : likeDigits(moved.day, day) + (suffix === undefined ? "" : ordinal(moved.day));
        const ending =
          year === undefined
            ? ""
            : b + (year.startsWith("'") ? "'" : "") + likeDigits(moved.year, year.replace("'", ""));
        const front = index === 1 ? number + a + words : words + a + number;
        return lead + front + ending;
      },
    };
  }
  return null;
}

/** 2014. */
function wholeYear(text: string): ParsedDate | null {
  if (!/^(?:18|19|20|21)\d{2}$/.test(text)) return null;
  return { date: { year: Number(text) }, write: ({ year }) => String(year) };
}

/** Two digits from 40 on are of the 20th century. */
function fullYear(digits: string): number {
  const year = Number(digits);
  return digits.length > 2 ? year : year + (year >= 40 ? 1900 : 2000);
}

/** A number with as many digits as `like` where that begins with 0 or is a year of two. */
function likeDigits(value: number, like: string): string {
  if (value >= 1000) return like.length === 2 ? twoDigits(value % 100) : String(value);
  return like.length === 2 && like.startsWith("0") ? twoDigits(value) : String(value);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function likeMonth(month: number, like: string): string {
  const name = MONTHS[month - 1]!;
  const full =
    MONTHS.some((each) => each === like.toLowerCase() && each.length > 3) || like.toLowerCase() === "may";
  const short = full ? name : name.slice(0, 3);
  if (like === like.toUpperCase()) return short.toUpperCase();
  return /^\p{Lu}/u.test(like) ? short.charAt(0).toUpperCase() + short.slice(1) : short;
}

function ordinal(day: number): string {
  if (day >= 11 && day <= 13) return "th";
  return ["th", "st", "nd", "rd"][day % 10] ?? "th";
}
