/** The style sheet of the page, which its policy allows by its hash. */
export const STYLE = `
:root{--paper:#f6f7f9;--card:#fff;--code:#f6f7f9;--ink:#1a2330;--dim:#566171;--edge:#dde2e9;--link:#0b57d0;--key:#174ea6;--text:#0f6b46;
--good:#116329;--good-bg:#ddf4e3;--fair:#754600;--fair-bg:#ffefc9;--bad:#a5131f;--bad-bg:#ffe4e2;--plain:#3d4a5c;--plain-bg:#e9edf2}
@media screen and (prefers-color-scheme:dark){:root{--paper:#0e131a;--card:#161d27;--code:#0f151d;--ink:#e7ecf3;--dim:#a1adbd;--edge:#2b3646;--link:#8ab8ff;--key:#8ab8ff;--text:#7fd9ac;
--good:#7ee296;--good-bg:#143a20;--fair:#ffc46b;--fair-bg:#45310d;--bad:#ff9d98;--bad-bg:#4d1b1e;--plain:#c3cddb;--plain-bg:#263140}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif;overflow-wrap:anywhere}
main,.top>div{max-width:1080px;margin:0 auto;padding:0 20px}
main{padding-bottom:64px}
.top{background:var(--card);border-bottom:1px solid var(--edge);border-top:5px solid var(--good);padding:26px 0 22px}
.top.fair{border-top-color:var(--fair)}
.top.bad{border-top-color:var(--bad)}
.over{margin:0;font:600 12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;color:var(--dim)}
h1,h2,h3,h4,p,ul,ol,dl{margin:0;padding:0}
h1{font-size:27px;line-height:1.25;letter-spacing:-.015em;margin:4px 0 8px;display:flex;gap:12px;align-items:flex-start}
h1+.also,.also+.also{margin:0 0 8px;font-weight:600}
h2{font-size:18px;line-height:1.35;letter-spacing:-.005em}
article h2{display:flex;gap:10px;align-items:flex-start}
h3{font-size:13px;font-weight:650;color:var(--dim);margin:0 0 10px}
h4{font-size:15px;font-weight:600;display:flex;flex-wrap:wrap;gap:6px 10px;align-items:baseline}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:3px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
.dim{color:var(--dim)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;font-size:13px}
p code,dd code{background:var(--plain-bg);border-radius:4px;padding:1px 5px}
pre{margin:0;padding:10px 14px;background:var(--code);border:1px solid var(--edge);border-radius:8px;white-space:pre-wrap;line-height:1.5;tab-size:2}
pre b{font-weight:400;color:var(--key)}
pre em{font-style:normal;color:var(--text)}
pre i{font-style:normal;color:var(--dim)}
.sign{flex:none;display:inline-grid;place-items:center;width:22px;height:22px;border-radius:50%;font:700 13px/1 system-ui,sans-serif}
h1 .sign{width:34px;height:34px;font-size:18px}
.good{--tone:var(--good);--tone-bg:var(--good-bg)}
.fair{--tone:var(--fair);--tone-bg:var(--fair-bg)}
.bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}
.plain{--tone:var(--plain);--tone-bg:var(--plain-bg)}
.sign,.chip{background:var(--tone-bg);color:var(--tone)}
.chip{display:inline-block;border-radius:99px;padding:1px 9px;font-size:12px;line-height:1.6;font-weight:600}
.chips{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center}
nav,article,.schema{background:var(--card);border:1px solid var(--edge);border-radius:12px;margin-top:20px}
article{padding:20px 22px 8px;scroll-margin-top:12px}
article>header{display:grid;gap:10px}
article>header ul{padding-left:20px}
article>section{border-top:1px solid var(--edge);margin-top:18px;padding:16px 0 4px}
article>p{padding:12px 0}
.contents{list-style:none}
.contents li{display:grid;grid-template-columns:22px minmax(0,1fr) auto 13em;gap:4px 12px;align-items:center;padding:10px 22px;border-top:1px solid var(--edge)}
.contents li:first-child{border-top:0}
.contents li>:last-child{text-align:right;font-variant-numeric:tabular-nums}
.schema h2{padding:16px 22px 14px}
.scroll{overflow:auto;background:var(--code);max-height:78vh;border-top:1px solid var(--edge);border-radius:0 0 12px 12px}
.scroll svg{display:block;margin:0 auto}
.tried{list-style:none;display:grid;gap:8px}
.tried li{display:grid;grid-template-columns:22px 8.5em minmax(0,1fr);gap:2px 10px;align-items:start}
.tried strong{font-weight:600}
.note{margin-top:14px;border:1px solid var(--edge);border-left:4px solid var(--tone);border-radius:8px;padding:12px 16px;display:grid;gap:8px}
dl{display:grid;grid-template-columns:6em minmax(0,1fr);gap:5px 12px}
dt{color:var(--dim)}
dd{margin:0;white-space:pre-line}
dd p{margin-top:4px}
.segments{list-style:none;display:grid;gap:16px}
.segments>li{border-left:3px solid var(--edge);padding-left:14px;display:grid;gap:12px}
.where{font-size:12px;color:var(--dim);margin-bottom:-6px}
.statement{display:grid;gap:7px}
.statement>.dim{font-size:13px}
.locks{list-style:none;display:grid;gap:4px;font-size:13px}
.locks .chip{font-size:11px;letter-spacing:.01em}
.hazards{list-style:none;display:grid;gap:12px}
.hazards li{display:grid;grid-template-columns:5.6em minmax(0,1fr);gap:2px 10px;align-items:start}
.hazards .chip{justify-self:start}
.rule{grid-column:2;font-size:13px}
.check{display:grid;gap:6px;margin-bottom:12px}
section>ul:not([class]){padding-left:20px}
section>p,section>ul:not([class]){margin-bottom:8px}
section section{margin-top:12px}
details{margin:6px 0 10px}
.statement details{margin:0}
summary{cursor:pointer;color:var(--link);width:fit-content;max-width:100%}
details[open]>summary{margin-bottom:10px}
@media (max-width:720px){
main,.top>div{padding:0 14px}
h1{font-size:22px}
article{padding:16px 14px 6px}
.contents li{grid-template-columns:22px minmax(0,1fr);padding:12px 14px}
.contents li>.chips,.contents li>:last-child{grid-column:2;text-align:left}
.contents li>:last-child:empty{display:none}
.schema h2{padding:14px}
.tried li{grid-template-columns:22px minmax(0,1fr)}
.tried li>:last-child{grid-column:2}
dl,.hazards li{grid-template-columns:minmax(0,1fr)}
dt{margin-top:4px}
.rule{grid-column:1}
.segments>li{padding-left:10px}
}
@media print{
:root{--paper:#fff}
body{font-size:11pt}
.scroll{max-height:none;overflow:visible}
.scroll svg{max-width:100%;height:auto}
.statement,.note,.hazards li,.tried{break-inside:avoid}
h2,h3{break-after:avoid}
details::details-content{content-visibility:visible;height:auto}
summary{display:none}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
`.trim()
