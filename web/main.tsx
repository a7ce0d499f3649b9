/** @file Starts the page. */
import { render } from "preact";
import { App } from "./app.js";
import { applyTheme, storedTheme } from "./common/theme.js";

applyTheme(storedTheme());
render(<App />, document.getElementById("app")!);
