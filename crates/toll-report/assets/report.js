(() => {
  "use strict";

  const parse = (id) => JSON.parse(document.getElementById(id).textContent);
  const results = parse("results");
  const looks = parse("looks");

  // ---- What can be shown: a new quantity is a line here. -------------------------------------
  const estimated = (estimate, scale = 1) =>
    estimate && estimate.estimate !== null && { value: estimate.estimate * scale, low: scaled(estimate.low, scale), high: scaled(estimate.high, scale) };
  const scaled = (value, scale) => (value === null || value === undefined ? null : value * scale);
  const lone = (value) => (value === null || value === undefined ? null : { value, low: null, high: null });
  const METRICS = [
    { name: "CPU per request", unit: "µs", better: "less", of: (cell) => estimated(cell.server_cpu_us) },
    { name: "CPU per request", unit: "µs", better: "less", of: (cell) => estimated(cell.cpu_us) },
    { name: "time per request", unit: "µs", better: "less", of: (cell) => estimated(cell.wall_us) },
    { name: "requests/s", unit: "requests/s", better: "more", of: (cell) => estimated(cell.requests_per_s), doubt: (cell) => !cell.requests_per_s_believed },
    { name: "latency p50", unit: "ms", better: "less", of: (cell) => lone(cell.latency && cell.latency.p50_us / 1000) },
    { name: "latency p90", unit: "ms", better: "less", of: (cell) => lone(cell.latency && cell.latency.p90_us / 1000) },
    { name: "latency p99", unit: "ms", better: "less", of: (cell) => lone(cell.latency && cell.latency.p99_us / 1000) },
    { name: "memory", unit: "MiB", better: "less", of: (cell) => lone(cell.resident_bytes && cell.resident_bytes / 1048576) },
  ];
  // Counts of one request that are worth a chart; the matrices among the details hold all of them.
  const COUNTS = [
    ["python_calls", "Python calls"], ["tasks", "tasks"], ["instructions", "instructions"], ["loop_callbacks", "callbacks"], ["loop_iterations", "loop turns"],
    ["thread_hops", "thread hops"], ["c_calls", "C calls"], ["allocated_blocks", "memory blocks"], ["layer_messages_sent", "messages sent by layers"],
    ["layer_messages_received", "messages received by layers"], ["copied_bytes", "bytes copied"], ["held_bytes", "bytes held back"],
  ];
  const counted = (name) => (cell) => {
    const count = cell.counts && cell.counts[name];
    if (!count) return null;
    const apart = count.low !== count.high;
    return { value: (count.low + count.high) / 2, low: apart ? count.low : null, high: apart ? count.high : null };
  };
  for (const [key, name] of COUNTS) METRICS.push({ name, unit: "per request", better: "less", exact: true, of: counted(key) });
  // Each has a hollow twin: "circle" and "emptyCircle".
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect"];

  // ---- Small helpers ---------------------------------------------------------------------------
  const element = (tag, text, parent) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  const number = (value) => {
    if (!Number.isFinite(value)) return "–";
    if (value === 0) return "0";
    const magnitude = Math.floor(Math.log10(Math.abs(value)));
    const [whole, part] = value.toFixed(Math.min(4, Math.max(0, 2 - magnitude))).split(".");
    return grouped(whole) + (part ? "." + part : "");
  };

  // Colours are chosen for white; on a dark ground the dark ones are lightened.
  const tint = (colour) => {
    if (!dark.matches) return colour;
    const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const light = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    const share = Math.max(0, Math.min(0.65, (130 - light) / 150));
    return `rgb(${rgb.map((channel) => Math.round(channel + (255 - channel) * share)).join(",")})`;
  };

  // ---- A chart of one instrument ---------------------------------------------------------------
  const panel = (card) => {
    const state = { metric: METRICS[0], instrument: card.dataset.instrument };
    const place = card.querySelector(".chart");

    // ---- From results to lines ---------------------------------------------------------------------
    const lines = () => {
      const seen = new Map();
      return results.series.map((series, at) => {
        const times = (seen.get(series.label) || 0) + 1;
        seen.set(series.label, times);
        const cells = (series.instruments[state.instrument] || { cells: [] }).cells;
        const points = cells.map((cell) => ({ cell, n: cell.middlewares, low: null, high: null, ...state.metric.of(cell) }));
        const look = looks[at];
        return {
          name: times > 1 ? `${series.label} (${times})` : series.label,
          colour: tint(look.colour), dash: look.dash, symbol: SYMBOLS[at % SYMBOLS.length],
          points: points.map((point) => (Number.isFinite(point.value) ? point : { ...point, value: null })),
        };
      }).filter((line) => line.points.some((point) => point.value !== null));
    };

    const runs = (points) => points.reduce((all, point) => {
      const known = point.value !== null && point.low !== null && point.high !== null;
      if (!known) all.push([]);
      else all[all.length - 1].push(point);
      return all;
    }, [[]]).filter((run) => run.length > 1);

    // ---- The chart -------------------------------------------------------------------------------
    const band = (line) => ({
      type: "custom", name: line.name, silent: true, z: 1, color: line.colour, tooltip: { show: false },
      encode: { x: 0, y: [1, 2] }, clip: true,
      data: runs(line.points).map((run) => [run[0].n, run[0].low, Math.max(...run.map((point) => point.high))]),
      renderItem: (params, api) => {
        const run = runs(line.points)[params.dataIndex];
        const upper = run.map((point) => api.coord([point.n, point.high]));
        const lower = run.map((point) => api.coord([point.n, point.low])).reverse();
        return { type: "polygon", shape: { points: upper.concat(lower) }, style: { fill: line.colour, opacity: 0.18 } };
      },
    });

    const doubted = (point) => Boolean(state.metric.doubt && state.metric.doubt(point.cell));
    const hollow = (symbol) => `empty${symbol[0].toUpperCase()}${symbol.slice(1)}`;
    const short = (name) => (name.length > 32 ? `${name.slice(0, 31)}…` : name);

    const curve = (named) => (line) => ({
      type: "line", name: line.name, color: line.colour, z: 2, symbolSize: 8, connectNulls: false, emphasis: { focus: "series" },
      endLabel: { show: named, formatter: short(line.name).replace(/[{}]/g, ""), color: line.colour, distance: 8, textMargin: [4, 0] },
      labelLayout: { moveOverlap: "shiftY" },
      lineStyle: { width: 2, type: line.dash.length ? line.dash : "solid" },
      data: line.points.map((point) => ({
        value: [point.n, point.value],
        symbol: doubted(point) ? hollow(line.symbol) : line.symbol,
      })),
    });

    const tooltip = (drawn) => (params) => {
      const items = (Array.isArray(params) ? params : [params]).filter((item) => item.seriesType === "line" && item.value[1] !== null);
      const box = element("div");
      box.className = "tip";
      if (!items.length) return box;
      const n = items[0].value[0];
      element("b", n === 1 ? "1 middleware" : `${n} middlewares`, box);
      const table = element("table", undefined, box);
      items.sort((a, b) => b.value[1] - a.value[1]);
      for (const item of items) {
        const point = drawn.find((line) => line.name === item.seriesName).points.find((point) => point.n === n);
        const row = element("tr", undefined, table);
        const swatch = element("span", undefined, element("td", undefined, row));
        swatch.className = "swatch";
        swatch.style.background = item.color;
        element("td", item.seriesName, row).style.textAlign = "left";
        element("td", `${number(point.value)} ${state.metric.unit}`, row);
        const known = point.low !== null && point.high !== null;
        element("td", known ? `${number(point.low)} … ${number(point.high)}` : "", row);
        if (doubted(point)) element("td", "not believed", row);
      }
      return box;
    };

    const option = () => {
      const drawn = lines();
      const values = drawn.flatMap((line) => line.points.map((point) => point.value)).filter((value) => value !== null);
      // A server's costs are told apart by any two points; elsewhere a steep line alone stretches no axis.
      const ends = state.instrument === "load" ? values : drawn.map((line) => Math.max(...line.points.map((point) => point.value))).filter((end) => end > 0);
      const apart = Math.max(...ends) / Math.min(...ends) > 60 && values.every((value) => value > 0);
      const levels = drawn.flatMap((line) => line.points.map((point) => point.n));
      const [ink, muted, rule, card] = ["--ink", "--muted", "--line", "--card"].map(css);
      const axis = { axisLine: { lineStyle: { color: muted } }, axisLabel: { color: muted, formatter: (value) => number(value).replace(/\.0+$/, "") }, splitLine: { lineStyle: { color: rule } }, nameTextStyle: { color: muted } };
      const named = place.clientWidth > 760 && drawn.length <= 24;
      const longest = Math.max(...drawn.map((line) => short(line.name).length));
      return {
        backgroundColor: "transparent", animation: false, aria: { enabled: true },
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        grid: { left: 14, right: named ? 30 + longest * 6.6 : 24, top: 46, bottom: 108, containLabel: true },
        legend: { type: "scroll", bottom: 6, formatter: short, icon: "roundRect", itemWidth: 12, itemHeight: 12, textStyle: { color: ink }, pageTextStyle: { color: muted }, pageIconColor: muted, pageIconInactiveColor: rule },
        tooltip: { trigger: "axis", confine: true, backgroundColor: card, borderColor: rule, textStyle: { color: ink }, formatter: tooltip(drawn) },
        toolbox: { right: 8, iconStyle: { borderColor: muted }, feature: { dataZoom: { title: { zoom: "zoom into an area", back: "zoom back" } }, restore: { title: "whole chart" }, saveAsImage: { title: "save as a picture", name: "asgi-toll", backgroundColor: card } } },
        dataZoom: [{ type: "inside", filterMode: "none" }, { type: "slider", bottom: 40, height: 18, showDataShadow: false, filterMode: "none", borderColor: rule, textStyle: { color: muted }, labelFormatter: (value) => String(Math.round(value)) }],
        xAxis: { type: "value", name: "number of middlewares", nameLocation: "middle", nameGap: 26, min: Math.min(...levels), max: Math.max(...levels), minInterval: 1, ...axis, splitLine: { show: false }, axisLabel: { color: muted } },
        yAxis: { type: apart ? "log" : "value", name: `${state.metric.name}${state.metric.unit === state.metric.name ? "" : ", " + state.metric.unit}`, ...axis, nameTextStyle: { color: muted, align: "left" } },
        series: drawn.flatMap((line) => [band(line), curve(named)(line)]),
      };
    };

    let chart = null;
    const draw = () => {
      chart = chart || echarts.init(place, null, { renderer: "canvas" });
      chart.setOption(option(), { notMerge: true });
      const bands = state.metric.exact ? "counted to the unit; bands where equal requests differ" : "bands are the intervals over rounds";
      const parts = [`${state.metric.better} is better`, bands];
      if (state.metric.doubt) parts.push("hollow points are not to be believed: the server was less than 90 % busy");
      card.querySelector(".hint").textContent = parts.join(" · ") + ". Drag or scroll to zoom; click a name to hide its line.";
    };

    // ---- Toggles ---------------------------------------------------------------------------------
    const toggles = (label, values, name, choose) => {
      const group = element("div", undefined, card.querySelector(".toggles"));
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", label);
      const buttons = values.map((value) => {
        const button = element("button", name(value), group);
        button.type = "button";
        button.addEventListener("click", () => {
          choose(value);
          mark(button);
          draw();
        });
        return button;
      });
      const mark = (chosen) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
      mark(buttons[0]);
    };

    const cells = results.series.flatMap((series) => (series.instruments[state.instrument] || { cells: [] }).cells);
    const shown = METRICS.filter((metric) => cells.some((cell) => { const point = metric.of(cell); return point && Number.isFinite(point.value) && (!metric.exact || point.value > 0); }));
    state.metric = shown[0] || METRICS[0];
    toggles("Quantity", shown.length ? shown : [state.metric], (metric) => metric.name, (metric) => { state.metric = metric; });
    draw();
    dark.addEventListener("change", draw);
    new ResizeObserver(() => { chart.resize(); draw(); }).observe(place);
  };
  document.querySelectorAll(".chart-card[data-instrument]").forEach(panel);

  // ---- Sorting -----------------------------------------------------------------------------------
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, at) => head.firstElementChild.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const key = (row) => (row.cells[at] ? row.cells[at].dataset.sort : "");
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, two) => {
        const [a, b] = [key(one), key(two)];
        const order = compare(a, b);
        return falling && a !== "" && b !== "" ? -order : order;
      });
      table.tBodies[0].append(...rows);
    }));
  }

  // A link to a series opens its fold.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
