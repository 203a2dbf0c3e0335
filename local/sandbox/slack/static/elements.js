/** Every interactive element of Block Kit by type. */

import { button, choices, feedback, iconButton, overflow } from "./buttons.js";
import { h, widget } from "./dom.js";
import { fileInput, textInput, whenInput } from "./inputs.js";
import { safeImage } from "./links.js";
import { picker } from "./picker.js";
import { isSelect } from "./picker_sources.js";

/** A picture; where it may not be loaded or fails to, its description. */
export function image(spec, className) {
  const src = safeImage(spec.image_url ?? spec.slack_file?.url ?? spec.slack_file?.url_private);
  const alt = String(spec.alt_text ?? "");
  const missing = () => h("span", { class: `${className} image-missing`, role: "img", "aria-label": alt || "Picture" }, alt || "Picture");
  if (!src) return missing();
  return h("img", { class: className, src, alt, loading: "lazy", on: { error: (event) => event.currentTarget.replaceWith(missing()) } });
}

const MAKERS = {
  button, overflow, feedback_buttons: feedback, icon_button: iconButton, workflow_button: button,
  checkboxes: (spec) => choices(spec, true), radio_buttons: (spec) => choices(spec, false),
  plain_text_input: textInput, email_text_input: textInput, url_text_input: textInput, number_input: textInput, rich_text_input: textInput,
  datepicker: whenInput, timepicker: whenInput, datetimepicker: whenInput, file_input: fileInput,
  image: (spec) => image(spec, "accessory-image"),
};

/** The control (or picture) for an element; a stateful one is marked so that patches keep it. */
export function element(spec) {
  const make = isSelect(spec?.type) ? picker : MAKERS[spec?.type];
  if (!make) return h("span", { class: "unsupported" }, `Element “${spec?.type}” is not shown here.`);
  return widget(spec, make(spec));
}
