// Pictures that people of the demonstration place would post, drawn here as SVG and rendered by the
// browser, so that no binary lies in the repository.

const WORKSHOP = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 420">
<rect width="640" height="420" fill="#d9cfc0"/><rect y="330" width="640" height="90" fill="#8a6a4c"/>
<rect x="70" y="40" width="170" height="150" fill="#f6ead6"/><path d="M70 150q50-60 90-20t80-10v70H70z" fill="#d98b5f"/>
<g fill="none" stroke="#6b5138" stroke-width="9"><rect x="70" y="40" width="170" height="150"/><path d="M155 40v150M70 115h170"/></g>
<rect x="330" y="50" width="230" height="10" fill="#6b5138"/>
<g fill="#4b5560"><rect x="350" y="60" width="12" height="70"/><rect x="338" y="126" width="36" height="16"/>
<circle cx="430" cy="92" r="26" fill="none" stroke="#4b5560" stroke-width="10"/><rect x="500" y="60" width="26" height="60" rx="6" fill="#2f6f5b"/></g>
<g transform="translate(170 210)"><rect width="300" height="70" rx="14" fill="#26394a"/><rect x="30" y="-34" width="190" height="40" rx="8" fill="#c2481f"/>
<rect x="200" y="-80" width="16" height="60" fill="#c2481f"/><rect x="188" y="-98" width="60" height="26" rx="5" fill="#26394a"/><circle cx="236" cy="-85" r="7" fill="#9fd3e6"/>
<g fill="#1c2833" stroke="#b9b2a6" stroke-width="9"><circle cx="46" cy="82" r="37"/><circle cx="150" cy="82" r="37"/><circle cx="254" cy="82" r="37"/></g></g></svg>`;

const teeth = Array.from(
  { length: 24 },
  (_, at) => `<rect x="302" y="34" width="36" height="60" transform="rotate(${at * 15} 320 210)"/>`,
).join("");
const holes = Array.from(
  { length: 6 },
  (_, at) => `<circle cx="320" cy="128" r="24" transform="rotate(${at * 60} 320 210)"/>`,
).join("");
const WHEEL = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 420"><rect width="640" height="420" fill="#c3d3d0"/>
<g fill="#3b3531">${teeth}<circle cx="320" cy="210" r="156"/></g><circle cx="320" cy="210" r="122" fill="#c2683d"/>
<g fill="#c3d3d0">${holes}</g><circle cx="320" cy="210" r="44" fill="#efe8dc"/><circle cx="320" cy="210" r="17" fill="#3b3531"/></svg>`;

const FIELD = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 420"><rect width="640" height="420" fill="#9aae86"/>
<g fill="#8da279">${[0, 160, 320, 480].map((x) => `<rect x="${x}" width="80" height="420"/>`).join("")}</g>
<rect x="60" y="50" width="150" height="120" fill="#d9b458"/><rect x="430" y="250" width="150" height="110" fill="#6f7fa0"/>
<path d="M130 380Q150 250 290 240T470 110L560 60" fill="none" stroke="#fff" stroke-width="8" stroke-dasharray="26 20"/>
<g transform="rotate(-32 330 220)"><rect x="280" y="190" width="100" height="62" rx="9" fill="#c2481f"/><g fill="#26394a"><rect x="286" y="176" width="26" height="14"/><rect x="348" y="176" width="26" height="14"/><rect x="286" y="252" width="26" height="14"/><rect x="348" y="252" width="26" height="14"/></g></g></svg>`;

/** Renders a scene to PNG in a page of the browser. */
export async function render(browser, svg) {
  const page = await browser.newPage({ viewport: { width: 960, height: 630 } });
  await page.setContent(`<style>*{margin:0}svg{display:block;width:960px;height:630px}</style>${svg}`);
  const bytes = await page.screenshot({ type: "png" });
  await page.close();
  return bytes;
}

export const scenes = { workshop: WORKSHOP, wheel: WHEEL, field: FIELD };
