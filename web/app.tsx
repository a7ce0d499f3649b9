/** @file The page: its head, the two views, the key of a guarded server, and where models run. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ModelList } from "../src/server/api.js";
import type { Place } from "./api/backend.js";
import { browserBackend } from "./api/browser-backend.js";
import { getJson, ServiceError, setApiKey } from "./api/server.js";
import { serverBackend } from "./api/server-backend.js";
import { Choice } from "./common/parts.js";
import { applyTheme, storedTheme } from "./common/theme.js";
import { useAsync } from "./common/use-async.js";
import { NoteView } from "./note/note-view.js";
import { RunsView } from "./runs/runs-view.js";

type View = "note" | "runs";

const PLACE_NAME = "clinicalbert-place";
const PLACES = [
  { value: "server", text: "On the server", title: "Models run on the server that sent this page" },
  {
    value: "browser",
    text: "In this browser",
    title: "Models are fetched once and run here; no text leaves this browser",
  },
] as const;
const THEME_TEXTS = [
  { value: "system", text: "Auto", title: "Colours as the system has them" },
  { value: "light", text: "Light", title: "Light colours" },
  { value: "dark", text: "Dark", title: "Dark colours" },
] as const;

const viewOf = (hash: string): View => (hash === "#runs" ? "runs" : "note");

export function App() {
  const [view, setView] = useState(viewOf(location.hash));
  const [place, setPlace] = useState<Place>(
    localStorage.getItem(PLACE_NAME) === "browser" ? "browser" : "server",
  );
  const [theme, setTheme] = useState(storedTheme());
  const [tries, setTries] = useState(0);
  const models = useAsync((signal) => getJson<ModelList>("models", signal), [tries]);
  const backend = place === "browser" ? browserBackend : serverBackend;

  useEffect(() => {
    // The skip link goes to a part of the view that is there.
    const follow = () => location.hash !== "#main" && setView(viewOf(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  const list = useMemo(() => (models.state === "done" ? models.value.models : []), [models]);
  const guarded =
    models.state === "failed" &&
    models.error instanceof ServiceError &&
    [401, 403].includes(models.error.status);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the {view === "note" ? "note" : "charts"}
      </a>
      <header class="head">
        <h1>
          <img src={new URL("./icon.svg", import.meta.url).href} alt="" width="22" height="22" /> clinicalbert
        </h1>
        <nav aria-label="Views">
          <a href="#note" aria-current={view === "note" ? "page" : undefined}>
            Note
          </a>
          <a href="#runs" aria-current={view === "runs" ? "page" : undefined}>
            Training runs
          </a>
        </nav>
        <div class="head-end">
          {view === "note" && (
            <Choice
              label="Where models run"
              options={PLACES}
              value={place}
              onChoose={(chosen) => {
                localStorage.setItem(PLACE_NAME, chosen);
                setPlace(chosen);
              }}
            />
          )}
          <Choice
            label="Colours"
            options={THEME_TEXTS}
            value={theme}
            onChoose={(chosen) => {
              applyTheme(chosen);
              setTheme(chosen);
            }}
          />
        </div>
      </header>
      {guarded && (
        <KeyForm
          onKey={(key) => {
            setApiKey(key);
            setTries(tries + 1);
          }}
          refused={tries > 0}
        />
      )}
      {view === "note" ? (
        <NoteView models={list} loading={models} backend={backend} />
      ) : (
        <RunsView key={tries} theme={theme} />
      )}
    </>
  );
}

function KeyForm({ onKey, refused }: { onKey(key: string): void; readonly refused: boolean }) {
  const [key, setKey] = useState("");
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        onKey(key);
      }}
    >
      <label class="field">
        <span>{refused ? "This key was refused. API key" : "This server wants an API key"}</span>
        <input
          type="password"
          autocomplete="off"
          value={key}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={key === ""}>
        Use it
      </button>
      <span class="quiet">It is kept until this tab is closed.</span>
    </form>
  );
}
