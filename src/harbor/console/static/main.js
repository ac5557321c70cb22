// Starts the parts of the page. Every one works on what the server sent, and without them the pages still do.

import * as copy from "./copy.js";
import * as filter from "./filter.js";
import * as forms from "./forms.js";
import * as json from "./json.js";
import * as live from "./live.js";
import * as menu from "./menu.js";
import * as table from "./table.js";
import * as theme from "./theme.js";
import * as time from "./time.js";

/**
 * Wakes what stands in a piece of page that has just come.
 * @param {ParentNode} piece
 */
function enhance(piece) {
  time.enhance(piece);
  table.enhance(piece);
  json.enhance(piece);
  live.enhance(piece);
}

theme.start();
menu.start();
copy.start();
table.start();
time.start();
forms.start(enhance);
filter.start(enhance);
enhance(document);
