// The API: one token, kept for this tab alone; what has not changed is answered 304 and costs nothing.
const KEY = 'sigmasight.token'
const kept = new Map()

export class LoggedOut extends Error {}

export const isLoggedIn = () => sessionStorage.getItem(KEY) !== null

export function logOut() {
  sessionStorage.removeItem(KEY)
  kept.clear()
}

export async function logIn(username, password) {
  const answer = await fetch('/api/v1/auth/login', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ username, password })
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(body.detail)
  sessionStorage.setItem(KEY, body.token)
}

async function ask(path, headers = {}) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${sessionStorage.getItem(KEY)}`, ...headers } })
  if (answer.status === 401) {
    logOut()
    throw new LoggedOut('Your session has ended: log in again.')
  }
  return answer
}

export async function get(path) {
  const known = kept.get(path)
  const answer = await ask(path, known ? { 'If-None-Match': known.etag } : {})
  if (answer.status === 304) return known.body
  const body = await answer.json()
  if (!answer.ok) throw new Error(body.detail)
  kept.set(path, { etag: answer.headers.get('ETag'), body })
  return body
}

export async function save(path) {
  const answer = await ask(path)
  if (!answer.ok) throw new Error((await answer.json()).detail)
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition'))?.[1] ?? 'report'
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(await answer.blob()), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
