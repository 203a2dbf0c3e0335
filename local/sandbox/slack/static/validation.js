/** What is wrong with a form, said at the field it belongs to. */

import { announce } from "./dom.js";
import { fieldsIn } from "./fields.js";
import { textProblem } from "./inputs.js";

const REQUIRED = "Please fill in this field.";

const blockOf = (form, id) => [...form.querySelectorAll("[data-block-id]")].find((node) => node.dataset.blockId === id);

/** Problems the page sees itself: block id → sentence. */
export function firstProblems(form) {
  const problems = {};
  for (const node of fieldsIn(form)) {
    const block = node.closest("[data-input]");
    if (!block) continue;
    const required = block.querySelector("[aria-required], [data-required]");
    const problem = node.__field.empty() ? required && REQUIRED : node.__field.problem?.();
    if (problem) problems[block.dataset.blockId] = problem;
  }
  return problems;
}

function mark(block, text) {
  const note = block.querySelector(".field-error");
  const controls = block.querySelectorAll("input, textarea, [role=group], [role=radiogroup]");
  if (note) {
    note.textContent = text ?? "";
    note.hidden = !text;
  }
  for (const control of controls) {
    control.toggleAttribute("aria-invalid", Boolean(text));
    if (text) control.setAttribute("aria-invalid", "true");
    describe(control, note, Boolean(text));
  }
}

function describe(control, note, on) {
  if (!note) return;
  const ids = new Set((control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  on ? ids.add(note.id) : ids.delete(note.id);
  if (ids.size) control.setAttribute("aria-describedby", [...ids].join(" "));
  else control.removeAttribute("aria-describedby");
}

/** Show `{block id: sentence}`; the keyboard goes to the first. Sentences without a field stand at the form's foot. */
export function showProblems(form, problems) {
  for (const block of form.querySelectorAll("[data-input]")) mark(block, undefined);
  const homeless = [];
  let first = null;
  for (const [id, text] of Object.entries(problems)) {
    const block = blockOf(form, id);
    if (!block?.querySelector(".field-error")) {
      homeless.push(text);
      continue;
    }
    mark(block, String(text));
    const earlier = !first || block.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (earlier) first = block;
  }
  const note = form.querySelector(".form-error");
  note.hidden = !homeless.length;
  note.textContent = homeless.join(" ");
  if (first) fieldsIn(first)[0]?.__field.focus();
  announce(`${Object.keys(problems).length === 1 ? "One field needs" : `${Object.keys(problems).length} fields need`} attention.`);
}

/** While a person mends a field, its complaint goes. */
export function clearProblem(target) {
  const block = target.closest?.("[data-input]");
  if (block && !block.querySelector(".field-error")?.hidden) mark(block, undefined);
}

export { textProblem };
