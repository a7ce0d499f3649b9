/** @file Abbreviations of clinical, scientific and general English, by what a full stop after them can mean. Data, not code. */

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

/** Always stand before something: a name, a number, an explanation. Lower case, without the last full stop. */
export const NEVER_LAST = words(`
  n° nl dev proc natl acad sci biol chem immunol clin
  dr drs mr mrs ms mx messrs prof rev hon st mt ft gen col capt lt sgt maj cmdr gov sen rep pres supt attn
  i.e e.g ie eg viz cf vs v al.e approx ca no nos fig figs eq eqs ref refs vol pp sec.s dept.s
  temp resp abd ext pulm cardiac.s hct hgb cont cr bili bact bilat wt ht incl excl esp w neuro.s s.p
  prep tel ph mod sev resp gtt surg hosp infx op.s dx.s fx.s hx.s sx.s tx.s rx.s
`);

/** Units, times, doses, company forms: can end a sentence, mostly before a capital. */
export const MAY_BE_LAST = words(`
  mg mcg ug g gm gms kg kgs lb lbs oz cc ml dl l cm mm in ft m min mins sec secs hr hrs h d wk wks mo mos yr yrs y
  meq mmol iu u units tab tabs cap caps amp amps gtts puff tsp tbsp
  etc al inc corp co ltd llc jr sr bros esq ave blvd rd
  a.m p.m am pm b.i.d t.i.d q.i.d q.d q.h.s q.a.m q.p.m q.o.d h.s a.c p.c p.o i.v i.m s.c s.q s.l p.r p.r.n o.d o.s o.u n.p.o
  bid tid qid qd qhs prn po neg pos wnl asap est
  jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
  pt pts dept div univ assn assoc exam sys dias
  sp spp subsp var ssp
`);

/** Words that begin sentences so often that a full stop before them ends one even after an abbreviation. */
export const STARTERS = words(`
  The A An In On At We He She It They This That These Those There His Her Hers Their Its Our You Your No Not However Thus
  Although While When Whenever After Before If For To As With Without Patient Patients Pt Both Also Since Because But And Or So Will Was
  Were Has Had Have Denies Denied Please Then Therefore Furthermore Moreover Here By From Upon During Most Some All Each
  Such What Why How Who Where Which Did Do Does Is Are Can Could Should Would May Might Must Later Recently Currently
  Otherwise Follow Continue Continued Started Return Take Call Recommend
`);

/** The same, written without a capital, as hurried notes do. */
export const LOWER_STARTERS = words(
  "he she they pt patient also the it we i this denies no there alpha beta gamma delta",
);

/** Routes and other short capitals that go on after a dose. */
export const AFTER_DOSE = words("IV IM PO SC SQ SL PR NG ID INH OU OD OS BID TID QID QD QHS PRN DAILY EXAM");
