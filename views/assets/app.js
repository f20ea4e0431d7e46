// What the server cannot do for the page: the reader's own clock, the one dialog, and saying that the connection is gone.
;(() => {
  const dialog = document.getElementById('dialog')
  const connection = document.getElementById('connection')
  const stream = document.getElementById('stream')
  let clockOffset = Date.parse(document.body.dataset.now) - Date.now()
  let lastMessage = Date.now()

  // --- times: `data-show` says how

  const clock = (at) => at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  /** With its year where that is not this one. */
  const day = (at, now, more = {}) =>
    at.toLocaleDateString([], {
      ...more,
      day: 'numeric',
      month: 'short',
      ...(at.getFullYear() !== new Date(now).getFullYear() && { year: 'numeric' }),
    })

  /** today, tomorrow, yesterday, else `Tue 24 Nov` */
  function dayWord(at, now) {
    const midnight = (time) => new Date(time).setHours(0, 0, 0, 0)
    const days = Math.round((midnight(at) - midnight(now)) / 86_400_000)
    return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days] ?? day(at, now, { weekday: 'short' })
  }

  function length(ms) {
    const s = Math.max(0, Math.floor(ms / 1000))
    if (s < 60) return `${s} s`
    if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`
    return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`
  }

  function show(element) {
    const at = new Date(element.dateTime)
    const now = Date.now() + clockOffset
    const today = at.toDateString() === new Date(now).toDateString()
    const texts = {
      time: () => (today ? clock(at) : `${day(at, now)} ${clock(at)}`),
      plan: () => `${dayWord(at, now)} ${at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`,
      elapsed: () => length(now - at.getTime()),
      remaining: () => length(at.getTime() - now),
    }
    const text = texts[element.dataset.show]()
    if (element.textContent !== text) element.textContent = text
    element.title = `${at.toLocaleString()} (${element.dateTime})`
  }

  const showAll = () => document.querySelectorAll('time[data-show]').forEach(show)
  showAll()
  setInterval(showAll, 1000)
  document.addEventListener('htmx:after:swap', showAll)

  // --- fields of local time: the reader's own zone goes with them, and what they show is told in it

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  function fillZones(within) {
    for (const field of within.querySelectorAll('[data-local-zone]')) field.value ||= zone
    for (const words of within.querySelectorAll('[data-zone-name]')) words.textContent = `(${zone})`
    for (const field of within.querySelectorAll('[data-utc]')) {
      const at = new Date(field.dataset.utc)
      field.value = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
    }
  }
  fillZones(document)

  // --- what a person opened stays open when its region is refreshed

  htmx.registerExtension('keep-open', {
    htmx_before_morph_attr: (element, { attrName }) => !(attrName === 'open' && element.localName === 'details'),
  })

  // --- the dialog: opened by what arrives in it, closed by `data-close`, by Escape, or by the server when its work is done

  document.addEventListener('htmx:after:swap', (event) => {
    const target = event.detail.ctx?.target
    if (target?.id !== 'dialog-body') return
    if (!dialog.open) dialog.showModal()
    fillZones(dialog)
    // where there is nothing to fill in first, the title: what has come by itself is read, and Enter does nothing by accident
    ;(dialog.querySelector('textarea[autofocus], [autofocus]') ?? document.getElementById('dialog-title'))?.focus()
  })
  document.addEventListener('click', (event) => {
    if (event.target === dialog || event.target.closest?.('[data-close]')) dialog.close()
  })
  document.addEventListener('dialog:done', () => dialog.close())
  dialog.addEventListener('close', () => document.getElementById('dialog-body').replaceChildren())

  // --- the command line for a form: asked for when it is opened, and again when a field has changed

  const askForCurl = (within) => within.querySelectorAll('details.curl[open] .curl-lines[hx-post]').forEach((lines) => htmx.trigger(lines, 'curl'))
  document.addEventListener('toggle', ({ target }) => target.matches?.('details.curl') && askForCurl(target.parentElement), true)
  document.addEventListener('change', ({ target }) => target.form && askForCurl(target.form))

  // --- copying: beside what is copied. Without HTTPS browsers have no clipboard for pages, but they copy what is selected

  document.addEventListener('click', async ({ target }) => {
    const button = target.closest?.('[data-copy]')
    if (!button) return
    const source = button.closest('.copyable').querySelector('pre, input')
    if (source.select) source.select()
    else getSelection().selectAllChildren(source)
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(source.value ?? source.textContent).then(
          () => true,
          () => document.execCommand('copy'),
        )
      : document.execCommand('copy')
    button.textContent = copied ? 'Copied' : 'Select it and press Ctrl+C'
  })

  // --- a field that is taken back to what ships: emptied, and told to whoever listens for its change

  document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('[data-clear]')
    if (!button) return
    const field = document.getElementById(button.dataset.clear)
    field.value = ''
    field.dispatchEvent(new Event('change', { bubbles: true }))
    field.focus()
  })

  // --- no answer at all: said where the button is

  document.addEventListener('htmx:error', ({ detail }) => {
    const source = detail.ctx?.sourceElement
    if (source === stream) return retryFirstConnection()
    if (!source) return
    const answer = source.querySelector?.('.answer') ?? source.closest('dialog')?.querySelector('.answer, .report')
    const text = 'The server did not answer. Nothing is known to have been done; look at the page when the connection is back.'
    if (answer) answer.textContent = text
    else say('lost', text)
  })

  // --- the stream

  function say(state, text) {
    connection.dataset.state = state
    if (connection.textContent !== text) connection.textContent = text
  }
  // the extension reconnects by itself, but only once it was connected
  function retryFirstConnection() {
    lost()
    setTimeout(() => htmx.ajax('GET', stream.getAttribute('hx-sse:connect'), { source: stream }), 2000)
  }
  const lost = () => say('lost', `connection lost, showing the state of ${clock(new Date(lastMessage))}`)

  document.addEventListener('htmx:sse:after:connection', () => say('live', 'live'))
  document.addEventListener('htmx:sse:error', lost)
  document.addEventListener('htmx:sse:before:connection', ({ detail }) => {
    if (detail.connection.attempt > 0) lost()
  })
  document.addEventListener('htmx:sse:after:message', () => {
    lastMessage = Date.now()
    say('live', 'live')
  })
  // the server's clock, every few seconds: it corrects ours, and its silence tells that the connection is dead
  stream.addEventListener('clock', ({ detail }) => {
    clockOffset = Date.parse(detail.data) - Date.now()
  })
  setInterval(() => {
    if (connection.dataset.state === 'live' && !document.hidden && Date.now() - lastMessage > 20_000) lost()
  }, 2000)
})()
