// The pages: what is asked for, and where it is shown.
import { LoggedOut, get, isLoggedIn, logIn, logOut, save } from './api.js'
import { barChart, card, chips, decimal, dollars, empty, lineChart, make, percent, signOf, spinner } from './parts.js'

const $ = id => document.getElementById(id)
const chosen = { tab: 'dashboard', by: 'notional', period: '1d', group: 'none', view: 'portfolio', span: 'daily', of: 'position', model: 'direct', sort: 'exposure', text: '' }
const open = new Set()
const PERIODS = { '1d': 'Day', '1w': 'Week', '1m': 'Month', ytd: 'YTD' }
const VIEWS = { portfolio: 'Portfolio', longs: 'Longs', shorts: 'Shorts' }
const SPANS = { daily: 'Daily', weekly: 'Weekly', monthly: 'Monthly', annual: 'Annual' }
const GROUPS = { none: 'Individual', type: 'By type', tag: 'By tag' }
const PARTS = { position: 'Positions', tag: 'Tags', sector: 'Sectors', factor: 'Factors' }
const MODELS = { direct: 'Shocked factors alone', joint: 'The others follow' }
const MOST_BARS = 15
const SIDES = { long: 'Long', short: 'Short', gross: 'Gross', net: 'Net' }

const choose = name => key => { chosen[name] = key; show() }

async function dashboard() {
  const { data, meta } = await get('/api/v1/portfolio')
  const [timeline, performance] = await Promise.all([
    get('/api/v1/portfolio/timeline'), get(`/api/v1/analytics/portfolio/${data.portfolio_id}/performance`)])
  const period = performance.periods[chosen.period]
  const profit = { '1d': data.pnl.daily, '1m': data.pnl.mtd, ytd: data.pnl.ytd }[chosen.period]
  const sides = Object.entries(SIDES).map(([side, name]) => {
    if (chosen.by === 'notional') {
      const { value, pct_nav, visual } = data.exposures[side]
      return card(`${name} exposure`, dollars(value), { visual, note: `${percent(pct_nav)} of NAV`, why: value === null ? data.reason : null })
    }
    const value = data.exposure_calculations.delta[`${side}_exposure`]
    return card(`${name} exposure`, dollars(value), { note: 'delta-adjusted', why: value === null ? data.reason : null })
  })
  return [
    meta, make('h1', {}, data.name),
    make('div', { class: 'bar-line' },
      chips('Exposure', { notional: 'Notional', delta: 'Delta-adjusted' }, chosen.by, choose('by')),
      chips('Period', PERIODS, chosen.period, choose('period'))),
    make('div', { class: 'cards', id: 'exposures' },
      card('Net asset value', dollars(data.net_asset_value), { note: data.reason, why: data.net_asset_value === null ? data.reason : null }),
      ...sides,
      card('Total P&L', dollars(data.pnl.total), { sign: signOf(data.pnl.total), note: `unrealized ${dollars(data.pnl.unrealized)}` }),
      card(`Return, ${PERIODS[chosen.period].toLowerCase()}`, percent(period.value, 2), {
        sign: signOf(period.value), why: period.reason, note: profit === undefined ? `${period.sessions} sessions` : dollars(profit) })),
    make('h2', {}, 'Net asset value'),
    lineChart(timeline.data.timeline, day => day.net_asset_value, dollars, 'Net asset value by session'),
    make('h2', {}, 'Prices behind it'),
    make('div', { class: 'cards' },
      card('Coverage, 90 sessions', percent(meta.data_quality.coverage_pct), { why: meta.data_quality.missing_symbols.length ? `without a price: ${meta.data_quality.missing_symbols.join(', ')}` : null }),
      card('Old prices', String(meta.data_quality.stale_symbols.length), { note: meta.data_quality.stale_symbols.slice(0, 6).join(', ') }))]
}

const COLUMNS = [
  ['symbol', 'Ticker', lot => lot.symbol], ['type', 'Type', lot => lot.type], ['tags', 'Tags', lot => (lot.tags ?? []).map(tag => tag.name ?? tag).join(', ')],
  ['quantity', 'Quantity', lot => lot.quantity, decimal], ['notional', 'Notional', lot => lot.notional_exposure, dollars],
  ['exposure', 'Delta-adjusted', lot => lot.delta_adjusted_exposure, dollars], ['pnl', 'P&L', lot => lot.pnl, dollars],
  ['expiry', 'Expiry', lot => lot.expiration_date], ['delta', 'Delta', lot => lot.greeks?.delta, decimal], ['gamma', 'Gamma', lot => lot.greeks?.gamma, decimal],
  ['theta', 'Theta', lot => lot.greeks?.theta, decimal], ['vega', 'Vega', lot => lot.greeks?.vega, decimal]]

function row(lot) {
  return make('tr', { title: lot.reason }, COLUMNS.map(([key, , read, write]) => {
    const value = read(lot)
    return make('td', { class: key === 'pnl' ? signOf(value) : null }, write ? write(value) : value ?? '')
  }))
}

function sorted(lots) {
  const read = COLUMNS.find(([key]) => key === chosen.sort)[2]
  const text = chosen.text.toLowerCase()
  const found = lots.filter(lot => !text || [lot.symbol, lot.name, ...(lot.tags ?? []).map(tag => tag.name ?? tag)].some(part => part?.toLowerCase().includes(text)))
  return found.sort((a, b) => {
    const [left, right] = [read(a), read(b)]
    return typeof left === 'string' ? left.localeCompare(right ?? '') : Math.abs(right ?? 0) - Math.abs(left ?? 0)
  })
}

async function positions() {
  const by = chosen.group === 'none' ? '' : `?groupBy=${chosen.group}`
  const { data, meta } = await get(`/api/v1/positions${by}`)
  const head = make('thead', {}, make('tr', {}, COLUMNS.map(([key, name]) =>
    make('th', { 'aria-sort': key === chosen.sort ? 'descending' : null }, make('button', { onclick: () => choose('sort')(key) }, key === chosen.sort ? `${name} ↓` : name)))))
  let body
  if (data.groups) {
    body = data.groups.flatMap(group => {
      const name = group.label, isOpen = open.has(name)
      const turn = () => { isOpen ? open.delete(name) : open.add(name); show() }
      const { gross_exposure, delta_adjusted_exposure, unrealized_pnl, greeks } = group.summary
      return [
        make('tr', { class: 'group' },
          make('td', { colspan: 4 }, make('button', { 'aria-expanded': String(isOpen), onclick: turn }, `${isOpen ? '▾' : '▸'} ${name} (${group.count})`)),
          make('td', {}, dollars(gross_exposure)), make('td', {}, dollars(delta_adjusted_exposure)),
          make('td', { class: signOf(unrealized_pnl) }, dollars(unrealized_pnl)), make('td', {}, ''),
          ['delta', 'gamma', 'theta', 'vega'].map(name => make('td', {}, decimal(greeks[name])))),
        ...(isOpen ? sorted(group.positions).map(row) : [])]
    })
  } else body = sorted(data.positions).map(row)
  const search = make('input', { type: 'search', placeholder: 'Search ticker, name, tag', value: chosen.text, 'aria-label': 'Search' })
  let waiting
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(() => { chosen.text = search.value; show() }, 200) })
  return [
    meta, make('h1', {}, 'Positions'),
    make('div', { class: 'bar-line' }, chips('Group', GROUPS, chosen.group, choose('group')), search),
    body.length ? make('div', { class: 'scroll' }, make('table', { id: 'lots' }, head, make('tbody', {}, body))) : empty('No position to show.')]
}

async function ofBook(figures) {
  const { data } = await get('/api/v1/portfolio')
  return get(`/api/v1/analytics/portfolio/${data.portfolio_id}/${figures}`)
}

async function risk() {
  const [overview, factors, parts] = await Promise.all([
    get(`/api/v1/risk/overview?view=${chosen.view}&period=${chosen.span}`), get(`/api/v1/risk/factors?view=${chosen.view}`),
    ofBook(`risk-contributions?view=${chosen.view}&by=${chosen.of}`)])
  const shares = [...parts.data.contributions].sort((a, b) => Math.abs(b.component_var) - Math.abs(a.component_var))
  const names = { beta: 'Beta to SPY', annualized_volatility: 'Volatility', position_correlation: 'Average correlation', max_drawdown: 'Max drawdown', var_1d: 'VaR 95 %, 1 day' }
  const write = { beta: decimal, annualized_volatility: percent, position_correlation: decimal, max_drawdown: percent, var_1d: dollars }
  const { metrics } = overview.data
  return [
    overview.meta, make('h1', {}, 'Risk'),
    make('div', { class: 'bar-line' }, chips('View', VIEWS, chosen.view, choose('view')), chips('Period', SPANS, chosen.span, choose('span'))),
    make('div', { class: 'cards', id: 'metrics' }, Object.keys(names).filter(key => metrics[key]).map(key =>
      card(names[key], write[key](metrics[key].value), { visual: metrics[key].visual, why: metrics[key].reason, note: metrics[key].description }))),
    make('h2', {}, 'Factors'),
    make('div', { class: 'cards', id: 'factors' }, factors.data.map(factor =>
      card(factor.factor_name, decimal(factor.exposure), { visual: factor.exposure_visual, why: factor.reason, note: `${dollars(factor.exposure_dollar)}${factor.etf_ticker ? ` · ${factor.etf_ticker}` : ''}` }))),
    make('h2', {}, 'Where the value at risk comes from'),
    make('div', { class: 'bar-line' }, chips('By', PARTS, chosen.of, choose('of')),
      make('span', { class: 'dim' }, shares.length > MOST_BARS ? `the largest ${MOST_BARS} of ${shares.length}; all sum to ${dollars(parts.data.total_var)}` : `sum: ${dollars(parts.data.total_var)}`)),
    make('div', { id: 'contributions' }, parts.data.available
      ? barChart(shares.slice(0, MOST_BARS).map(part => [part.name, part.component_var, percent(part.share_of_var), part.reason]), dollars, ['adds', 'good'])
      : empty(parts.data.reason))]
}

async function stress() {
  const { data, meta } = await ofBook('stress-test')
  const named = name => name.replaceAll('_', ' ').replace(/^./, first => first.toUpperCase())
  const categories = [...new Set(data.scenarios.map(scenario => scenario.category))]
  return [
    meta, make('h1', {}, 'Stress tests'),
    make('div', { class: 'bar-line' }, chips('Model', MODELS, chosen.model, choose('model')),
      make('span', { class: 'dim' }, chosen.model === 'direct'
        ? 'Only the factors that a scenario names move.' : 'The other factors move as they usually do with those of the scenario.')),
    ...(data.available
      ? categories.flatMap(category => [
        make('h2', {}, named(category)),
        make('div', { class: 'scenarios' }, barChart(data.scenarios.filter(scenario => scenario.category === category).map(scenario =>
          [scenario.name, scenario[`${chosen.model}_pnl`], scenario.description, scenario.reason]), dollars))])
      : [empty(data.reason)])]
}

const PAGES = { dashboard, positions, risk, stress }
let asked = 0

async function show() {
  const turn = ++asked
  const page = $('page')
  const focus = document.activeElement?.type === 'search'
  for (const id of ['tabs', 'who', 'page']) $(id).hidden = false
  $('login').hidden = true
  $('problem').textContent = ''
  for (const tab of document.querySelectorAll('[data-tab]')) tab.toggleAttribute('aria-current', tab.dataset.tab === chosen.tab)
  const slow = setTimeout(() => { if (turn === asked) page.replaceChildren(spinner()) }, 150)
  try {
    const [meta, ...parts] = await PAGES[chosen.tab]()
    if (turn !== asked) return
    page.replaceChildren(...parts)
    page.dataset.shown = chosen.tab
    const at = new Date(meta.published_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
    $('moment').textContent = `as of ${meta.as_of}, updated ${at}${meta.is_simulated ? ' · simulated prices' : ''}`
    if (focus) { const field = page.querySelector('[type=search]'); field?.focus(); field?.setSelectionRange(field.value.length, field.value.length) }
  } catch (error) {
    if (turn !== asked) return
    page.replaceChildren()
    if (error instanceof LoggedOut) leave()
    $('problem').textContent = error.message
  } finally { clearTimeout(slow) }
}

function leave() {
  logOut()
  // what is still being asked for is not drawn any more
  asked++
  for (const id of ['tabs', 'who', 'page']) $(id).hidden = true
  $('page').replaceChildren()
  $('login').hidden = false
  $('problem').textContent = ''
}

const guarded = work => async event => {
  event.preventDefault()
  $('problem').textContent = ''
  try { await work() } catch (error) { $('problem').textContent = error.message }
}
for (const tab of document.querySelectorAll('[data-tab]')) tab.onclick = () => choose('tab')(tab.dataset.tab)
$('refresh').onclick = show
$('report').onclick = guarded(() => save('/api/v1/export/portfolio?format=html'))
$('logout').onclick = leave
$('login').onsubmit = guarded(async () => {
  const form = new FormData($('login'))
  await logIn(form.get('username'), form.get('password'))
  $('login').reset()
  await show()
})
if (isLoggedIn()) show()
