/** The page's own style; charts bring theirs. */
export const pageStyle = `
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:62rem;margin:0 auto;padding:3rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.015em;font-weight:650}
h2{font-size:1.15rem;margin:3rem 0 .9rem;font-weight:620}
h3{font-size:1rem;margin:0 0 .8rem;font-weight:600}
p{margin:.3rem 0;max-width:44rem}
.quiet{color:var(--quiet)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:2rem 0 0;padding:0;list-style:none}
.tile,figure{background:var(--card);border:1px solid var(--line);border-radius:12px}
.tile{padding:1rem 1.15rem;border-top:4px solid var(--own)}
.tile b{display:block;font-size:1.75rem;white-space:nowrap;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.tile small{color:var(--quiet);font-size:.82rem;display:block;line-height:1.4}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
.pair figure.wide{grid-column:1/-1}
.pair:has(figure.wide:only-child){grid-template-columns:minmax(0,1fr)}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:1rem;max-width:60rem}
.maps>svg{align-self:start}
.samples{display:flex;flex-wrap:wrap;gap:.8rem}
.sample{width:6.2rem;text-align:center}
.sample img{display:block;margin:0 auto .3rem;image-rendering:pixelated;border-radius:4px;background:#101010}
.sample small{display:block;font-size:.75rem;line-height:1.3;color:var(--quiet);overflow-wrap:anywhere}
.sample b{color:var(--ink);font-weight:600}
section>p.quiet{font-size:.9rem}
ul.quiet{font-size:.9rem;padding-left:1.2rem;max-width:52rem}
.stack{display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
.narrow{max-width:40rem}
figure{margin:0;padding:1rem 1.1rem}
figcaption{font-size:.85rem;color:var(--quiet);margin-top:.5rem}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.5rem .9rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--quiet);vertical-align:bottom}
td{overflow-wrap:anywhere}
td.number{white-space:nowrap}
td.number,th.number{text-align:right}
td:last-child,th:last-child{padding-right:0}
pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem;overflow-x:auto;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
details{border-bottom:1px solid var(--line);padding:.65rem 0}
summary{cursor:pointer;font-weight:560}
summary:focus-visible{outline:2px solid var(--series-0);outline-offset:3px;border-radius:4px}
footer{margin-top:3.5rem;font-size:.85rem;color:var(--quiet)}
@media (max-width:30rem){main{padding:2rem .9rem 3rem}figure{padding:.7rem .6rem}figcaption{padding:0 .3rem}}
@media (max-width:40rem){
thead{display:none}
table,tbody{display:block}
tr{display:grid;grid-template-columns:1fr 1fr;gap:.1rem 1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
td,td.number{display:block;border:0;padding:0;text-align:left;white-space:normal}
td:first-child{grid-column:1/-1;font-weight:600}
td[data-of]:not([data-of=""])::before{content:attr(data-of) ' ';color:var(--quiet);font-weight:400;font-size:.8rem}
}
@media print{main{padding:0}figure,.tile{break-inside:avoid}}
`
