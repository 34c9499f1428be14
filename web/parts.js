// Pieces of pages. Text is always text, never markup; nothing here computes a figure.
const SVG = 'http://www.w3.org/2000/svg'

export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined))
  return made
}

function draw(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text !== undefined) made.textContent = text
  return made
}

const missing = value => value === null || value === undefined
export const dollars = value => missing(value) ? '–' : value.toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })
export const percent = (value, digits = 1) => missing(value) ? '–' : `${(100 * value).toFixed(digits)} %`
export const decimal = (value, digits = 2) => missing(value) ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: 0 })
export const signOf = value => missing(value) || value === 0 ? '' : value > 0 ? 'good' : 'bad'

export function card(title, shown, { visual = null, why = null, sign = '', note = null } = {}) {
  const made = make('div', { class: 'card' }, make('span', { class: 'dim' }, title), make('b', { class: sign }, shown))
  if (note) made.append(make('span', { class: 'dim' }, note))
  // a figure that is not there, or not whole, says why
  if (why) made.append(make('div', { class: 'why' }, why))
  if (visual && visual.percentage !== null) {
    const length = make('i')
    length.style.width = `${Math.min(100, Math.max(0, visual.percentage))}%`
    length.style.background = visual.color
    made.append(make('div', { class: 'meter' }, length))
  }
  return made
}

export const empty = text => make('div', { class: 'empty' }, text)
export const spinner = () => make('div', { class: 'spinner', role: 'status', 'aria-label': 'Loading' })

export function chips(label, options, chosen, choose) {
  return make('div', { class: 'chips', role: 'group', 'aria-label': label },
    Object.entries(options).map(([key, name]) => make('button', { 'aria-pressed': String(key === chosen), 'data-choice': key, onclick: () => choose(key) }, name)))
}

export function lineChart(days, read, write, title) {
  const points = days.map(day => [day.date, read(day)]).filter(([, value]) => !missing(value))
  if (points.length < 2) return empty('There are fewer than two sessions to draw.')
  const values = points.map(([, value]) => value)
  const low = Math.min(...values), high = Math.max(...values), [width, height, left, right] = [1100, 240, 12, 96]
  const x = n => left + (width - left - right) * n / (points.length - 1)
  const y = value => 14 + (height - 44) * (high - value) / ((high - low) || 1)
  const line = points.map(([, value], n) => `${x(n).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  const chart = draw('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title })
  for (const value of [high, (high + low) / 2, low]) {
    chart.append(draw('line', { x1: left, x2: width - right, y1: y(value), y2: y(value), stroke: '#2a2a2a' }))
    chart.append(draw('text', { x: width - right + 10, y: y(value) + 4 }, write(value)))
  }
  chart.append(draw('polygon', { points: `${x(0)},${height - 30} ${line} ${x(points.length - 1)},${height - 30}`, fill: '#3b82f6', 'fill-opacity': 0.12 }))
  chart.append(draw('polyline', { points: line, fill: 'none', stroke: '#3b82f6', 'stroke-width': 2, 'stroke-linejoin': 'round' }))
  const step = Math.max(1, Math.floor(points.length / 6))
  points.forEach(([date], n) => { if (n % step === 0) chart.append(draw('text', { x: x(n), y: height - 8 }, date)) })
  return make('div', { class: 'card' }, chart)
}

// Bars to either side of zero, one line a row: [name, value, note, why]; `signs` are the classes of values above and below it
export function barChart(rows, write, signs = ['good', 'bad']) {
  if (!rows.length) return empty('There is nothing to draw.')
  const longest = Math.max(...rows.map(([, value]) => Math.abs(value ?? 0))) || 1
  return make('div', { class: 'card bars' }, rows.map(([name, value, note = null, why = null]) => {
    const sign = signs[value < 0 ? 1 : 0], bar = make('i', { class: sign })
    const share = 50 * Math.abs(value ?? 0) / longest
    bar.style.width = `${share}%`
    bar.style.marginLeft = `${value < 0 ? 50 - share : 50}%`
    return make('div', { class: 'row' }, make('span', { title: note }, name), make('span', { class: 'track' }, bar),
      make('b', { class: sign }, write(value)), why ? make('span', { class: 'why' }, why) : null)
  }))
}
