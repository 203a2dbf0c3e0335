// Every visible text of the page against what lies behind it; WCAG 2.2, 1.4.3: 4.5:1, large text 3:1.
() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (css) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let node = element; node; node = node.parentElement) layers.push(rgba(getComputedStyle(node).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const hidden = (element) => {
    const style = getComputedStyle(element);
    return style.visibility === "hidden" || style.clipPath === "inset(50%)" || element.closest("[inert], :disabled, .skip, .sr, .backdrop ~ .none");
  };
  const faint = (element) => {
    let value = 1;
    for (let node = element; node; node = node.parentElement) value *= Number(getComputedStyle(node).opacity);
    return value;
  };
  const judge = (element, css, text) => {
    const style = getComputedStyle(element);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ground = behind(element);
    const colour = rgba(css);
    colour[3] *= faint(element);
    const found = ratio(over(colour, ground), ground);
    return found + 0.005 < (large ? 3 : 4.5) ? { text: text.slice(0, 40), ratio: found.toFixed(2), colour: css, ground, where: element.className } : null;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !element.getClientRects().length || hidden(element)) continue;
    poor.push(judge(element, getComputedStyle(element).color, text));
  }
  for (const field of document.querySelectorAll("input, textarea")) {
    if (!field.placeholder || !field.getClientRects().length || hidden(field)) continue;
    poor.push(judge(field, getComputedStyle(field, "::placeholder").color, field.placeholder));
  }
  return poor.filter(Boolean);
}
