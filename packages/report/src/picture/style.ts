/**
 * The one style sheet of a picture: always the same text, so that a page with a Content-Security-Policy can allow it by
 * its hash. All of it is within `.erd`, since the style of an SVG holds for the whole page that it is part of.
 */
export const STYLE = `
.erd{--erd-paper:#f7f8fa;--erd-card:#fff;--erd-edge:#c9d1db;--erd-ink:#1a2330;--erd-dim:#5d6978;--erd-line:#76859a;--erd-loud:#0b57d0;
--erd-pk:#7a4b00;--erd-pk-bg:#ffeec2;--erd-fk:#0f4fa8;--erd-fk-bg:#dfebfc;--erd-uq:#63359b;--erd-uq-bg:#efe4fb;
--erd-added:#116329;--erd-added-bg:#d8f5df;--erd-removed:#b01522;--erd-removed-bg:#ffe1e0;--erd-altered:#8a4b00;--erd-altered-bg:#ffecc7;
--erd-s0:#4c6fae;--erd-s1:#2c8a76;--erd-s2:#9a5b96;--erd-s3:#b1703a;--erd-s4:#5b8a2f;--erd-s5:#a44a5a;--erd-tint:.13}
@media screen and (prefers-color-scheme:dark){.erd{--erd-paper:#0e131a;--erd-card:#171e28;--erd-edge:#344051;--erd-ink:#e7ecf3;--erd-dim:#9aa7b8;--erd-line:#8292a8;--erd-loud:#8ab8ff;
--erd-pk:#ffd479;--erd-pk-bg:#40320f;--erd-fk:#9cc5ff;--erd-fk-bg:#1b3355;--erd-uq:#d6b6ff;--erd-uq-bg:#38264f;
--erd-added:#7ee296;--erd-added-bg:#143a20;--erd-removed:#ff9d98;--erd-removed-bg:#4d1b1e;--erd-altered:#ffc46b;--erd-altered-bg:#45310d;
--erd-s0:#7fa2e6;--erd-s1:#5cc3ac;--erd-s2:#cf92cb;--erd-s3:#e0a06a;--erd-s4:#93c663;--erd-s5:#e0818f;--erd-tint:.2}}
.erd text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:var(--erd-ink);white-space:pre;direction:ltr;unicode-bidi:isolate}
.erd .paper{fill:var(--erd-paper)}
.erd .card{fill:var(--erd-card)}
.erd .frame{fill:none;stroke:var(--erd-edge)}
.erd .elsewhere .frame,.erd .enum .frame{stroke-dasharray:4 3}
.erd .head{opacity:var(--erd-tint)}
.erd .s0{fill:var(--erd-s0)}.erd .s1{fill:var(--erd-s1)}.erd .s2{fill:var(--erd-s2)}.erd .s3{fill:var(--erd-s3)}.erd .s4{fill:var(--erd-s4)}.erd .s5{fill:var(--erd-s5)}
.erd .name{font-weight:700}
.erd .large>.word tspan{font-size:18px}
.erd .key{font-weight:600}
.erd .dim,.erd .dim tspan{fill:var(--erd-dim)}
.erd .small{font-size:10px;fill:var(--erd-dim)}
.erd .badge{font-size:9px;font-weight:700;text-anchor:middle}
.erd .PK{fill:var(--erd-pk)}.erd .FK{fill:var(--erd-fk)}.erd .UQ{fill:var(--erd-uq)}
.erd .PK-bg{fill:var(--erd-pk-bg)}.erd .FK-bg{fill:var(--erd-fk-bg)}.erd .UQ-bg{fill:var(--erd-uq-bg)}
.erd .line path,.erd .line circle{fill:none;stroke:var(--erd-line);stroke-width:1.4;stroke-linejoin:round}
.erd .line circle{fill:var(--erd-paper)}
.erd .busy:not(:hover){opacity:.4}
.erd .line .hit{stroke:transparent;stroke-width:9}
.erd .line:hover path:not(.hit),.erd .line:hover circle{stroke:var(--erd-loud);stroke-width:2}
.erd .added>.frame,.erd .line.added path:not(.hit),.erd .line.added circle{stroke:var(--erd-added)}
.erd .removed>.frame,.erd .line.removed path:not(.hit),.erd .line.removed circle{stroke:var(--erd-removed)}
.erd .altered>.frame,.erd .line.altered path:not(.hit),.erd .line.altered circle{stroke:var(--erd-altered)}
.erd .added>.frame,.erd .removed>.frame,.erd .altered>.frame,.erd .line.added path,.erd .line.removed path,.erd .line.altered path{stroke-width:2}
.erd .line.removed .way{stroke-dasharray:6 4}
.erd .added>.wash{fill:var(--erd-added-bg)}.erd .removed>.wash{fill:var(--erd-removed-bg)}.erd .altered>.wash{fill:var(--erd-altered-bg)}
.erd .sign{font-size:15px;font-weight:700;text-anchor:middle}
.erd .added>.sign{fill:var(--erd-added)}.erd .removed>.sign{fill:var(--erd-removed)}.erd .altered>.sign{fill:var(--erd-altered)}
.erd .removed>.name,.erd .removed>.word{text-decoration:line-through}
`.trim()
