/**
 * Draws the charts of a page with Chart.js, which is fetched only when there is one, after the page has loaded.
 *
 * A chart is a `<canvas data-chart="…">` inside an element with `data-chart-library` (the address of Chart.js). Its JSON:
 *   title, unit, low, high, step      the score, and the ends and steps of its axis
 *   ticks: [{x, label, title, n}]     time points from 0 to 1 across the chart, n beneath the label
 *   series: [{label, role, points}]   role "own" or "published"; points {x, y, low, high, text}, low and high for a band
 * The same numbers stand in a table beside the chart: whoever cannot see it, or has no script, loses nothing.
 */

const TEXT_PX = 12;
const LABEL_GAP_PX = 8;
const LABEL_LINE_PX = 15;
/** Where a label is tried, from its line's end: there, above, below. */
const SHIFTS_PX = [0, -15, 15, -28, 28];
/** Narrower than this a label stands above its line's end instead of beside it. */
const NARROW_PX = 440;
const PAPER = { width: 330, height: 190 };
const MARKS = ["circle", "rectRot", "triangle"];
const DASHES = [[], [6, 4], [2, 3]];

const drawn = new Map();
let library = null;

/** Colours from the style sheet's tokens, for the screen or for paper. */
function palette(paper) {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const prefix = paper ? "--paper-" : "--";
  return {
    ink: token(`${prefix}ink`),
    muted: token(`${prefix}muted`),
    line: token(`${prefix}line`),
    surface: token(`${prefix}surface`),
    own: token("--chart-own"),
    ownText: token(paper ? "--chart-own" : "--chart-own-text"),
    published: token(paper ? "--paper-muted" : "--chart-published"),
    band: token("--chart-band"),
    font: token("--font"),
  };
}

function loadLibrary(url) {
  library ??= new Promise((resolve, reject) => {
    if (window.Chart) return resolve(window.Chart);
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Chart);
    script.onerror = () => reject(new Error(url));
    document.head.append(script);
  });
  return library;
}

// -- what is drawn -----------------------------------------------------------------------------------------------------

/** On a narrow chart time points stand at equal distances, and each n has a line of its own: labels need the room. */
function fitted(spec, width) {
  if (width >= NARROW_PX || spec.ticks.length < 3) return spec;
  const at = new Map(spec.ticks.map((tick, number) => [tick.x, number / (spec.ticks.length - 1)]));
  return {
    ...spec,
    ticks: spec.ticks.map((tick) => ({ ...tick, x: at.get(tick.x), n: tick.n.split(", ") })),
    series: spec.series.map((series) => ({
      ...series,
      points: series.points.map((point) => ({ ...point, x: at.get(point.x) })),
    })),
  };
}

function band(points, colours) {
  const edge = (name) => ({
    data: points.map((point) => ({ x: point.x, y: point[name] ?? null })),
    role: "band",
    borderWidth: 0,
    pointRadius: 0,
    pointHitRadius: 0,
    backgroundColor: colours.band,
    spanGaps: false,
    order: 3,
  });
  return [
    { ...edge("low"), fill: false },
    { ...edge("high"), fill: "-1" },
  ];
}

function line(series, colours, number) {
  const own = series.role === "own";
  const colour = own ? colours.own : colours.published;
  return {
    data: series.points.map((point) => ({ x: point.x, y: point.y, text: point.text })),
    label: series.label,
    role: series.role,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: own ? 2.5 : 1.5,
    borderDash: own ? [] : DASHES[number % DASHES.length],
    pointStyle: own ? "circle" : MARKS[number % MARKS.length],
    pointRadius: own ? 4.5 : 4,
    pointHoverRadius: own ? 5.5 : 5,
    pointBorderWidth: 0,
    clip: false,
    fill: false,
    order: own ? 1 : 2,
  };
}

function datasets(spec, colours) {
  let number = 0;
  return spec.series.flatMap((series) => {
    if (series.role === "own") return [line(series, colours, 0)];
    const found = [...band(series.points, colours), line(series, colours, number)];
    number += 1;
    return found;
  });
}

/** The name of each line at its end, moved apart where two would overlap. */
const endLabels = {
  id: "endLabels",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea, $colours: colours } = chart;
    ctx.save();
    ctx.font = `600 ${TEXT_PX}px ${colours.font}`;
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.lineWidth = 4;
    for (const label of placeLabels(chart, ctx)) {
      ctx.strokeStyle = colours.surface;
      ctx.strokeText(label.text, label.x, label.y);
      ctx.fillStyle = label.own ? colours.ownText : colours.muted;
      ctx.fillText(label.text, label.x, Math.min(label.y, chartArea.bottom));
    }
    ctx.restore();
  },
};

function placeLabels(chart, ctx) {
  const { chartArea, width } = chart;
  const labels = [];
  const marks = chart.data.datasets.flatMap((dataset, number) =>
    dataset.role === "band" ? [] : chart.getDatasetMeta(number).data,
  );
  chart.data.datasets.forEach((dataset, number) => {
    if (dataset.role === "band") return;
    const end = chart.getDatasetMeta(number).data.at(-1);
    if (!end) return;
    const size = ctx.measureText(dataset.label).width;
    const beside = end.x + LABEL_GAP_PX + size <= width;
    const x = beside ? end.x + LABEL_GAP_PX : Math.min(end.x + LABEL_GAP_PX, chartArea.right) - size;
    const label = { text: dataset.label, own: dataset.role === "own", x, y: end.y, size };
    const tries = (beside ? SHIFTS_PX : SHIFTS_PX.slice(1)).map((shift) => end.y + shift);
    const inside = tries.filter((y) => y > chartArea.top && y < chartArea.bottom - 4);
    label.y = inside.find((y) => isFree({ ...label, y }, marks, labels)) ?? inside[0] ?? end.y;
    labels.push(label);
  });
  return labels;
}

/** Whether a label would stand on no mark and on no other label. */
function isFree(label, marks, labels) {
  const half = LABEL_LINE_PX / 2;
  const hit = marks.some(
    (mark) =>
      mark.x > label.x - 4 && mark.x < label.x + label.size + 4 && Math.abs(mark.y - label.y) < half + 4,
  );
  const crossed = labels.some(
    (other) =>
      label.x < other.x + other.size && other.x < label.x + label.size && Math.abs(other.y - label.y) < LABEL_LINE_PX,
  );
  return !hit && !crossed;
}

/** Room right of the plot for the names of lines that end there. */
function roomForLabels(spec, canvas, colours, width) {
  if (width < NARROW_PX) return 10;
  const ctx = canvas.getContext("2d");
  ctx.font = `600 ${TEXT_PX}px ${colours.font}`;
  const ending = spec.series.filter((series) => series.points.at(-1).x > 0.8);
  const sizes = ending.map((series) => ctx.measureText(series.label).width);
  return Math.ceil(Math.max(0, ...sizes)) + LABEL_GAP_PX + 4;
}

function options(spec, colours, canvas, width) {
  const at = (value) => spec.ticks.find((tick) => Math.abs(tick.x - value) < 1e-6);
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    font: { family: colours.font, size: TEXT_PX },
    layout: { padding: { top: 14, right: roomForLabels(spec, canvas, colours, width), left: 0, bottom: 0 } },
    interaction: { mode: "nearest", axis: "x", intersect: false },
    scales: {
      x: {
        type: "linear",
        min: 0,
        max: 1,
        afterBuildTicks: (axis) => {
          axis.ticks = spec.ticks.map((tick) => ({ value: tick.x }));
        },
        grid: { color: colours.line, drawTicks: true, tickLength: 4 },
        border: { color: colours.muted },
        ticks: {
          autoSkip: false,
          maxRotation: 0,
          color: colours.muted,
          font: { family: colours.font, size: TEXT_PX },
          callback: (value) => {
            const tick = at(value);
            return tick ? [tick.label, tick.n].flat() : "";
          },
        },
      },
      y: {
        min: spec.low,
        max: spec.high,
        grid: { color: colours.line, drawTicks: false },
        border: { display: false },
        ticks: {
          stepSize: spec.step,
          padding: 6,
          color: colours.muted,
          font: { family: colours.font, size: TEXT_PX },
        },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        filter: (item) => item.dataset.role !== "band",
        usePointStyle: true,
        backgroundColor: colours.ink,
        titleColor: colours.surface,
        bodyColor: colours.surface,
        callbacks: {
          title: (items) => (items.length ? at(items[0].parsed.x)?.title : ""),
          label: (item) => `${item.dataset.label}: ${item.raw.text}`,
        },
      },
    },
  };
}

function widthOf(canvas, paper) {
  return paper ? PAPER.width : canvas.parentElement.clientWidth;
}

/** Data and options of a chart as it is drawn on the screen or on paper. */
function content(raw, canvas, paper) {
  const colours = palette(paper);
  const width = widthOf(canvas, paper);
  const spec = fitted(raw, width);
  return { colours, datasets: datasets(spec, colours), options: options(spec, colours, canvas, width) };
}

// -- when it is drawn --------------------------------------------------------------------------------------------------

async function draw(canvas) {
  const source = canvas.closest("[data-chart-library]");
  if (!source || drawn.has(canvas)) return;
  drawn.set(canvas, null);
  try {
    const Chart = await loadLibrary(source.dataset.chartLibrary);
    const raw = JSON.parse(canvas.dataset.chart);
    const { colours, datasets, options } = content(raw, canvas, false);
    const colouring = { id: "colouring", beforeInit: (chart) => (chart.$colours = colours) };
    const chart = new Chart(canvas, { type: "line", data: { datasets }, options, plugins: [colouring, endLabels] });
    drawn.set(canvas, { raw, chart });
    canvas.dataset.drawn = "";
  } catch {
    // The table below says the same; an empty frame would only ask what is missing.
    canvas.closest(".chart-frame")?.setAttribute("hidden", "");
  }
}

function redraw(paper) {
  for (const [canvas, entry] of drawn) {
    if (!canvas.isConnected) {
      entry?.chart.destroy();
      drawn.delete(canvas);
    } else if (entry) {
      const { chart, raw } = entry;
      const { colours, datasets, options } = content(raw, canvas, paper);
      chart.$colours = colours;
      chart.data.datasets = datasets;
      chart.options = options;
      if (paper) chart.resize(PAPER.width, PAPER.height);
      else chart.resize();
      chart.update("none");
    }
  }
}

function drawAll() {
  const canvases = document.querySelectorAll("canvas[data-chart]:not([data-drawn])");
  if (!canvases.length) return;
  const idle = window.requestIdleCallback ?? ((work) => window.setTimeout(work, 50));
  idle(() => canvases.forEach(draw));
}

if (document.readyState === "complete") drawAll();
else window.addEventListener("load", drawAll);
document.addEventListener("htmx:afterSettle", () => {
  if (document.readyState === "complete") drawAll();
});
window.addEventListener("beforeprint", () => redraw(true));
window.addEventListener("afterprint", () => redraw(false));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(false));
