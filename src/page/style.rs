//! How the page looks, on a screen and on paper.

pub const STYLE: &str = "
body { font: 14px/1.45 Inter, Helvetica, Arial, sans-serif; color: #2e3640; max-width: 760px; margin: 24px auto; padding: 0 16px; }
h1 { font-size: 24px; margin: 0 0 4px; color: #0e141b; }
h2 { font-size: 16px; margin: 22px 0 6px; color: #0e141b; }
p { margin: 6px 0; }
.name span { display: inline-block; width: 60%; border-bottom: 1px solid #5f6b79; height: 1.1em; }
.small { font-size: 12px; color: #5f6b79; }
.wrong { border: 2px solid #c3122c; background: #fbe3e5; color: #c3122c; padding: 6px 10px; font-weight: 600; }
.strip { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; margin: 10px 0; }
.box { border: 1px solid #5f6b79; border-radius: 6px; padding: 4px 8px; text-align: center; min-width: 60px; }
.box b { display: block; }
.box.server { background: #eef1f4; }
.battery { display: block; height: 6px; border: 1px solid #5f6b79; border-radius: 3px; margin-top: 2px; }
.battery i { display: block; height: 100%; background: #c27200; }
.pipe { color: #c27200; font-size: 12px; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: 13px; }
th, td { text-align: right; padding: 2px 6px; border-bottom: 1px solid #d3d9e0; }
th:first-child, td:first-child { text-align: left; }
th { color: #5f6b79; font-weight: 600; }
.figures td { font-size: 15px; font-weight: 600; color: #0e141b; border-bottom: none; }
svg { max-width: 100%; height: auto; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } table, svg, .strip { break-inside: avoid; } }
";
