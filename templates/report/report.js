// Behaviour of a report page. The page tells its story without it; this adds sorting, filters, paging, copying,
// a dark page and tooltips. Text is only ever set as text, never as markup.
(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.add('js');
  var live = document.getElementById('live');
  function say(text) { if (live) live.textContent = text; }
  function el(name, cls, text) {
    var e = document.createElement(name);
    if (cls) e.className = cls;
    if (text != null) e.textContent = text;
    return e;
  }
  function count(n) { return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ','); }

  // --- theme ---------------------------------------------------------------------------------------------------
  var themeButton = document.getElementById('theme');
  var media = window.matchMedia('(prefers-color-scheme: dark)');
  function stored() { try { return localStorage.getItem('report-theme'); } catch (e) { return null; } }
  function isDark() { var t = root.getAttribute('data-theme'); return t ? t === 'dark' : media.matches; }
  function nameTheme() { if (themeButton) themeButton.textContent = isDark() ? 'Light page' : 'Dark page'; }
  if (stored() === 'dark' || stored() === 'light') root.setAttribute('data-theme', stored());
  nameTheme();
  if (themeButton) themeButton.addEventListener('click', function () {
    var next = isDark() ? 'light' : 'dark';
    root.setAttribute('data-theme', next);
    try { localStorage.setItem('report-theme', next); } catch (e) { /* works without */ }
    nameTheme();
    redraw();
  });
  media.addEventListener('change', function () { nameTheme(); redraw(); });

  // --- charts: the still picture gives way to a live one with tooltips where there is room ------------------------
  var charts = {}, drawn = [];
  var data = document.getElementById('charts');
  if (data && window.echarts) {
    var parsed = JSON.parse(data.textContent);
    charts = parsed.options;
    var dark = parsed.dark;
    var reader = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) { reader.unobserve(entry.target); draw(entry.target); }
      });
    }, {rootMargin: '200px'});
    document.querySelectorAll('.plot[data-chart]').forEach(function (plot) { reader.observe(plot); });
  }
  function recolour(value) {
    if (typeof value === 'string') return dark[value.toUpperCase()] || value;
    if (Array.isArray(value)) return value.map(recolour);
    if (value && typeof value === 'object') {
      var out = {};
      Object.keys(value).forEach(function (k) { out[k] = k === 'data' && !Array.isArray(value[k]) ? value[k] : recolour(value[k]); });
      return out;
    }
    return value;
  }
  function draw(plot) {
    var option = charts[plot.dataset.chart];
    if (!option || plot.clientWidth < 720) return;
    if (isDark()) option = recolour(option);
    option = Object.assign({}, option, {tooltip: {
      trigger: 'item', confine: true, backgroundColor: isDark() ? '#1E242B' : '#FFFFFF', borderColor: '#6F7782', borderWidth: 1,
      formatter: function (p) { return p.data && p.data.text ? el('div', 'tip', p.data.text) : ''; }
    }});
    var box = plot.querySelector('.live');
    plot.classList.add('on');
    var chart = window.echarts.init(box, null, {renderer: 'svg', width: 720, height: Number(plot.dataset.height)});
    chart.setOption(option);
    drawn.push({plot: plot, chart: chart});
  }
  function redraw() {
    var old = drawn;
    drawn = [];
    old.forEach(function (d) { d.chart.dispose(); d.plot.classList.remove('on'); draw(d.plot); });
  }

  // --- tables ------------------------------------------------------------------------------------------------------
  var PAGE = 100, PRINT = 500;
  var tables = {};

  function unpack(text) {
    var raw = Uint8Array.from(atob(text.trim()), function (c) { return c.charCodeAt(0); });
    var stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).json();
  }

  function Table(node) {
    this.node = node;
    this.name = node.dataset.name;
    this.body = node.tBodies[0];
    this.heads = Array.prototype.slice.call(node.tHead.rows[0].cells);
    this.columns = this.heads.map(function (h) { return {key: h.dataset.key, kind: h.dataset.kind, title: h.textContent, cls: h.className}; });
    this.total = Number(node.dataset.rowsTotal || this.body.rows.length);
    this.big = !!node.dataset.rowsTotal;
    this.state = {q: '', selects: {}, sort: -1, down: false, page: 0};
    var self = this;
    this.rows = Array.prototype.map.call(this.body.rows, function (tr, i) {
      return {i: i, tr: tr, text: Array.prototype.map.call(tr.cells, function (c) { return c.textContent.trim(); }),
        sort: Array.prototype.map.call(tr.cells, function (c) { return c.dataset.v; })};
    });
    this.controls();
    if (this.big) {
      this.ready = false;
      var block = document.querySelector('script[data-rows="' + CSS.escape(node.id) + '"]');
      if (block && window.DecompressionStream) unpack(block.textContent).then(function (cols) {
        var rows = [];
        for (var i = 0; i < cols[0].t.length; i++) {
          rows.push({i: i, text: cols.map(function (c) { return c.t[i]; }), sort: cols.map(function (c) { return c.v ? c.v[i] : undefined; })});
        }
        self.cols = cols;
        self.rows = rows;
        self.ready = true;
        self.fillSelects();
        self.show();
        follow(false);
      });
    }
  }

  Table.prototype.controls = function () {
    var self = this, bar = el('div', 'bar js');
    if (this.node.dataset.search || this.big) {
      var label = el('label', '', 'Filter ');
      this.input = el('input');
      this.input.type = 'search';
      this.input.addEventListener('input', function () { self.state.q = self.input.value; self.state.page = 0; self.changed(); });
      label.appendChild(this.input);
      bar.appendChild(label);
      this.selects = {};
      (this.node.dataset.filters || '').split(' ').filter(Boolean).forEach(function (key) {
        var at = self.columns.findIndex(function (c) { return c.key === key; });
        if (at < 0) return;
        var l = el('label', '', self.columns[at].title + ' '), s = el('select');
        s.addEventListener('change', function () {
          if (s.value === '\u0000all') delete self.state.selects[key]; else self.state.selects[key] = s.value;
          self.state.page = 0;
          self.changed();
        });
        self.selects[key] = {at: at, node: s};
        l.appendChild(s);
        bar.appendChild(l);
      });
      this.fillSelects();
      this.chip = el('span', 'chip');
      this.chip.hidden = true;
      bar.appendChild(this.chip);
      this.clear = el('button', '', 'Clear filter');
      this.clear.type = 'button';
      this.clear.hidden = true;
      this.clear.addEventListener('click', function () { self.set({}); self.changed(); self.input.focus(); });
      bar.appendChild(this.clear);
      this.heads.forEach(function (h, i) {
        var b = el('button', '', h.textContent);
        b.type = 'button';
        b.addEventListener('click', function () {
          var s = self.state;
          if (s.sort !== i) { s.sort = i; s.down = false; } else if (!s.down) s.down = true; else { s.sort = -1; s.down = false; }
          s.page = 0;
          self.changed();
          say(s.sort < 0 ? 'original order' : 'sorted by ' + self.columns[i].title + (s.down ? ', descending' : ', ascending') + ', ' + self.counted());
        });
        h.textContent = '';
        h.appendChild(b);
      });
    }
    var copy = el('button', 'plain', 'Copy table'), csv = el('button', 'plain', 'Download CSV');
    copy.type = csv.type = 'button';
    copy.addEventListener('click', function () { toClipboard(self.lines('\t')); });
    csv.addEventListener('click', function () { download(self.name + '.csv', '\uFEFF' + self.lines(',')); });
    this.counter = el('span', 'count');
    bar.appendChild(copy);
    bar.appendChild(csv);
    bar.appendChild(this.counter);
    if (this.input) this.node.parentNode.before(bar);
    else { // nothing to choose: the buttons stand quietly below
      bar.classList.add('after');
      this.node.parentNode.after(bar);
    }
    if (this.big) {
      this.pager = el('div', 'pages js');
      this.prev = el('button', '', 'Previous 100');
      this.next = el('button', '', 'Next 100');
      this.where = el('span');
      this.prev.type = this.next.type = 'button';
      this.prev.addEventListener('click', function () { self.state.page--; self.show(); });
      this.next.addEventListener('click', function () { self.state.page++; self.show(); });
      this.pager.append(this.prev, this.next, this.where);
      this.node.parentNode.after(this.pager);
    }
    this.counter.textContent = this.counted();
  };

  Table.prototype.fillSelects = function () {
    var self = this;
    Object.keys(this.selects || {}).forEach(function (key) {
      var s = self.selects[key], seen = {}, values = [];
      self.rows.forEach(function (r) { var t = r.text[s.at]; if (!seen['x' + t]) { seen['x' + t] = true; values.push(t); } });
      values.sort(function (a, b) { return a.localeCompare(b, undefined, {numeric: true}); });
      s.node.textContent = '';
      var all = el('option', '', 'all');
      all.value = '\u0000all';
      s.node.appendChild(all);
      values.forEach(function (v) { var o = el('option', '', v === '' ? '(empty)' : v); o.value = v; s.node.appendChild(o); });
      s.node.value = key in self.state.selects ? self.state.selects[key] : '\u0000all';
    });
  };

  Table.prototype.chosen = function () {
    var s = this.state, self = this, q = s.q.trim().toLowerCase().split(/\s+/).filter(Boolean);
    var keys = Object.keys(s.selects).map(function (k) {
      return {at: self.columns.findIndex(function (c) { return c.key === k; }), want: s.selects[k]};
    }).filter(function (k) { return k.at >= 0; });
    var out = this.rows.filter(function (r) {
      if (!keys.every(function (k) { return r.text[k.at] === k.want || r.text[k.at].replace(/^\S /, '') === k.want; })) return false;
      if (!q.length) return true;
      var all = r.text.join(' ').toLowerCase();
      return q.every(function (w) { return all.indexOf(w) >= 0; });
    });
    if (s.sort >= 0) {
      var at = s.sort, sign = s.down ? -1 : 1;
      out.sort(function (a, b) {
        var x = a.sort[at], y = b.sort[at], ex = x == null || x === '', ey = y == null || y === '';
        if (!ex && !ey) return sign * (Number(x) - Number(y)) || a.i - b.i;
        if (ex !== ey) return ex ? 1 : -1; // values that are missing stand last
        return sign * a.text[at].localeCompare(b.text[at], undefined, {numeric: true}) || a.i - b.i;
      });
    }
    return out;
  };

  Table.prototype.counted = function () {
    var n = this.last ? this.last.length : this.total;
    return n === this.total ? count(n) + (n === 1 ? ' row' : ' rows') : count(n) + ' of ' + count(this.total) + ' rows';
  };

  Table.prototype.row = function (r) {
    if (r.tr) return r.tr;
    var self = this, tr = document.createElement('tr');
    this.columns.forEach(function (c, i) {
      var col = self.cols[i], td = document.createElement(i ? 'td' : 'th');
      if (!i) td.scope = 'row';
      td.className = c.cls;
      var at = String(r.i), url = col.u && col.u[at], ref = col.r && col.r[at], cls = col.c && col.c[at];
      if (url && /^https?:\/\//i.test(url)) {
        var a = el('a', '', r.text[i]);
        a.href = url; a.rel = 'noopener noreferrer'; a.target = '_blank';
        td.appendChild(a);
      } else if (ref) {
        var b = el('a', '', r.text[i]);
        b.href = '#' + ref;
        td.appendChild(b);
      } else if (cls) {
        td.appendChild(el('span', cls, r.text[i]));
      } else td.textContent = r.text[i];
      tr.appendChild(td);
    });
    r.tr = tr;
    return tr;
  };

  Table.prototype.show = function (printing) {
    if (this.big && !this.ready) return;
    var rows = this.last = this.chosen(), s = this.state, from = 0, to = rows.length, self = this;
    if (this.big) {
      var pages = Math.max(1, Math.ceil(rows.length / PAGE));
      s.page = Math.min(Math.max(0, s.page), pages - 1);
      from = printing ? 0 : s.page * PAGE;
      to = Math.min(rows.length, printing ? PRINT : from + PAGE);
      this.prev.disabled = s.page === 0;
      this.next.disabled = s.page >= pages - 1;
      this.where.textContent = rows.length ? 'rows ' + count(from + 1) + ' to ' + count(to) + ' of ' + count(rows.length) : 'no row';
    }
    var part = document.createDocumentFragment();
    for (var i = from; i < to; i++) {
      var tr = this.row(rows[i]);
      if (this.big) tr.setAttribute('aria-rowindex', String(i + 2));
      part.appendChild(tr);
    }
    this.body.textContent = '';
    this.body.appendChild(part);
    this.heads.forEach(function (h, i) {
      if (i === s.sort) h.setAttribute('aria-sort', s.down ? 'descending' : 'ascending'); else h.removeAttribute('aria-sort');
    });
    this.counter.textContent = this.counted();
    var words = [];
    Object.keys(s.selects).forEach(function (k) { words.push(s.selects[k]); });
    if (s.q) words.push('“' + s.q + '”');
    if (this.chip) {
      this.chip.hidden = !words.length;
      this.chip.textContent = words.join(' · ');
      this.clear.hidden = !words.length && s.sort < 0;
      if (this.input.value !== s.q) this.input.value = s.q;
      Object.keys(this.selects).forEach(function (k) { self.selects[k].node.value = k in s.selects ? s.selects[k] : '\u0000all'; });
    }
    this.node.tFoot && (this.node.tFoot.hidden = words.length > 0); // a total of all rows is no total of some
  };

  Table.prototype.changed = function () {
    this.show();
    say(this.counted());
    var s = this.state, q = new URLSearchParams();
    if (s.q) q.set('q', s.q);
    Object.keys(s.selects).forEach(function (k) { q.set(k, s.selects[k]); });
    if (s.sort >= 0) q.set('sort', (s.down ? '-' : '') + this.columns[s.sort].key);
    var text = q.toString();
    history.replaceState(null, '', '#' + this.name + (text ? '?' + text : ''));
  };

  Table.prototype.set = function (params) {
    var s = this.state = {q: '', selects: {}, sort: -1, down: false, page: 0}, self = this;
    Object.keys(params).forEach(function (k) {
      var v = params[k];
      if (k === 'q') s.q = v;
      else if (k === 'sort') {
        s.down = v.charAt(0) === '-';
        s.sort = self.columns.findIndex(function (c) { return c.key === v.replace(/^-/, ''); });
      } else if (self.columns.some(function (c) { return c.key === k; })) s.selects[k] = v;
    });
    this.show();
  };

  // A cell that a spreadsheet would take for a formula gets a leading apostrophe; a plain number does not.
  function safe(text) { return /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? "'" + text : text; }
  Table.prototype.lines = function (separator) {
    var self = this;
    function cell(text) {
      text = safe(String(text));
      if (separator === '\t') return text.replace(/[\t\r\n]+/g, ' ');
      return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }
    var out = [this.columns.map(function (c) { return cell(c.title); }).join(separator)];
    (this.last || this.rows).forEach(function (r) {
      out.push(r.text.map(function (t, i) {
        var kind = self.columns[i].kind, v = r.sort[i];
        return cell(v != null && v !== '' && /^(count|number|percent|points|duration)$/.test(kind) ? v : t);
      }).join(separator));
    });
    return out.join('\r\n') + '\r\n';
  };
  function toClipboard(text) {
    function done(ok) { say(ok ? 'table copied' : 'the browser did not allow copying'); }
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(function () { done(true); }, function () { done(false); });
      return;
    }
    var area = el('textarea', 'vh', text);
    document.body.appendChild(area);
    area.select();
    done(document.execCommand('copy'));
    area.remove();
  }
  function download(name, text) {
    var a = el('a');
    a.href = URL.createObjectURL(new Blob([text], {type: 'text/csv;charset=utf-8'}));
    a.download = name;
    document.body.appendChild(a);
    a.click();
    a.remove();
    setTimeout(function () { URL.revokeObjectURL(a.href); }, 1000);
  }

  document.querySelectorAll('table[data-name]').forEach(function (node) {
    var t = new Table(node);
    tables[t.name] = t;
    tables[node.id] = t;
    if (t.big) return;
    t.last = t.rows;
  });

  // --- the address: #tickets?priority=2&q=mail opens that list with that filter ------------------------------------
  function follow(move) {
    var hash = location.hash.replace(/^#/, ''), at = hash.indexOf('?');
    var id = decodeURIComponent(at < 0 ? hash : hash.slice(0, at)), table = tables[id];
    if (!id) return;
    if (table && at >= 0) {
      var params = {};
      new URLSearchParams(hash.slice(at + 1)).forEach(function (v, k) { params[k] = v; });
      table.set(params);
    }
    if (move && table) {
      var box = table.node.closest('details');
      if (box) box.open = true;
      (table.node.closest('.tablebox') || table.node).scrollIntoView();
      table.node.parentNode.focus({preventScroll: true});
    } else if (move && at >= 0 && document.getElementById(id)) document.getElementById(id).scrollIntoView();
  }
  window.addEventListener('hashchange', function () { follow(true); });
  follow(true);

  // --- print: all details open, the first 500 rows of long lists -----------------------------------------------------
  var opened = [];
  window.addEventListener('beforeprint', function () {
    Object.keys(tables).forEach(function (k) { if (tables[k].big) tables[k].show(true); });
    document.querySelectorAll('details.definition:not([open])').forEach(function (d) { d.open = true; opened.push(d); });
  });
  window.addEventListener('afterprint', function () {
    Object.keys(tables).forEach(function (k) { if (tables[k].big) tables[k].show(); });
    opened.forEach(function (d) { d.open = false; });
    opened = [];
  });

  // --- contents: where the reader is -----------------------------------------------------------------------------------
  var links = {};
  document.querySelectorAll('.contents a').forEach(function (a) { links[a.getAttribute('href').slice(1)] = a; });
  var current = null;
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (e) {
      if (!e.isIntersecting || !links[e.target.id]) return;
      if (current) current.removeAttribute('aria-current');
      current = links[e.target.id];
      current.setAttribute('aria-current', 'location');
    });
  }, {rootMargin: '-10% 0px -80% 0px'});
  document.querySelectorAll('main section[id]').forEach(function (s) { watcher.observe(s); });
})();
