"""The style sheet of the report's page: light and dark, for narrow windows and paper, nothing from elsewhere."""

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1c2126; --quiet: #58616b; --line: #d9dee3; --soft: #f4f6f8;
  --link: #0b57a4; --loss: #a8201a; --change: #8a5300; --info: #275d8c; --good: #1d6b3a; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --text: #e4e7ea; --quiet: #a3acb5; --line: #343a41;
  --soft: #1e2226; --link: #8cc2f7; --loss: #ff9c94; --change: #f0bc66; --info: #93c5f0; --good: #86d6a3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .75rem; padding-bottom: .35rem;
  border-bottom: 2px solid var(--line); }
h3 { font-size: 1rem; line-height: 1.4; margin: 0; }
p { margin: .5rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; unicode-bidi: isolate; }
.quiet { color: var(--quiet); }
small { font-size: .875rem; color: var(--quiet); }
th small { display: block; }
.totals { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 1.5rem 0; padding: 0;
  list-style: none; }
.totals a, .totals div { display: block; padding: .7rem .9rem; border: 1px solid var(--line);
  border-top: 4px solid currentcolor;
  border-radius: .4rem; background: var(--soft); text-decoration: none; }
.totals b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.totals a:hover span { text-decoration: underline; }
.loss, .left, .unknown { color: var(--loss); } .change, .partly { color: var(--change); } .info { color: var(--info); }
.read { color: var(--good); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
table.narrow { width: auto; min-width: min(100%, 32rem); }
caption { text-align: left; color: var(--quiet); padding-bottom: .35rem; }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere; font-weight: normal; }
thead th { color: var(--quiet); font-size: .875rem; overflow-wrap: normal; }
.number { text-align: right; white-space: nowrap; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
td code + .quiet, th code + .quiet { display: block; font-size: .875rem; }
td.number:last-child, th.number:last-child { padding-right: 0; }
.plugins { margin: 1rem 0; padding: 0; list-style: none; }
.plugins li { padding: .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.plugins b + span { margin-left: .5rem; font-size: .875rem; }
.plugins p { margin: .15rem 0 0; }
.remarks { margin: 1rem 0; padding: .7rem .9rem; border: 1px solid var(--line); border-left: 4px solid;
  border-radius: .4rem; }
.remarks > * { color: var(--text); }
.remarks.loss { border-left-color: var(--loss); } .remarks.change { border-left-color: var(--change); }
.remarks.info { border-left-color: var(--info); }
.remarks ul { margin: .5rem 0 0; padding: 0; list-style: none; }
.remarks li { padding: .3rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.remarks p { margin: .15rem 0 0; }
.remarks .quiet { color: var(--quiet); font-size: .875rem; }
summary { cursor: pointer; padding: .3rem 0; color: var(--link); }
@media (max-width: 30rem) { .totals { gap: .4rem; } .totals a, .totals div { padding: .5rem;
  } .totals b { font-size: 1.25rem; }
  .totals span { font-size: .875rem; } th, td { padding-right: .4rem; } thead th { font-size: .75rem; } }
@media print { :root { color-scheme: light; --page: #fff; --text: #000; --quiet: #444; --line: #999; --soft: #fff;
  --link: #000; --loss: #a8201a; --change: #8a5300; --info: #275d8c; --good: #1d6b3a; }
  @page { margin: 15mm; } body { font-size: 10pt; } main { max-width: none; padding: 0; } nav { display: none; }
  h2 { break-after: avoid; margin-top: 1.5rem; } h3, .remarks > p, summary, caption { break-after: avoid; }
  tr, li { break-inside: avoid; } thead { display: table-header-group; } a { text-decoration: none; }
  .old { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; display: block; } }
"""
