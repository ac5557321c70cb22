// Starts the parts of the page. Every one works on what the server sent, and without them the pages still do.

import * as theme from "./theme.js";

theme.start();
