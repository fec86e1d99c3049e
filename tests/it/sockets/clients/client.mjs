// The official socket.io-client as a program: its one argument says how it is to be, lines of JSON on the standard
// input what it does, lines of JSON on the standard output what it hears. It knows nothing of the hub.
//
//   { url, transports, options, register: [event, …arguments], each: register on every connect, not only the first }
//   in:  { "emit": [event, …arguments], "ack": true }, { "close": true }
//   out: { "on": "connect" | "event" | "ack" | "upgrade" | "disconnect" | "error", … }
import { createInterface } from 'node:readline'
import { io } from 'socket.io-client'

const { url, transports, options, register, each } = JSON.parse(process.argv.at(-1))
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

const socket = io(url, {
  transports,
  reconnectionDelay: 20,
  reconnectionDelayMax: 200,
  ...options,
})
socket.io.on('open', () => {
  const { engine } = socket.io
  engine.on('upgrade', (transport) => say({ on: 'upgrade', transport: transport.name }))
})
let registered = false
socket.on('connect', () => {
  say({ on: 'connect', id: socket.id, recovered: socket.recovered, transport: socket.io.engine.transport.name })
  if (register && (each || !registered)) socket.emit(...register)
  registered = true
})
socket.onAny((name, ...args) => say({ on: 'event', name, args }))
socket.on('disconnect', (reason) => say({ on: 'disconnect', reason }))
socket.on('connect_error', ({ message, data }) => say({ on: 'error', message, data }))

createInterface({ input: process.stdin }).on('line', (line) => {
  const { emit, ack, close } = JSON.parse(line)
  if (close) socket.disconnect()
  else if (ack) socket.emit(...emit, (...args) => say({ on: 'ack', args }))
  else socket.emit(...emit)
})
// Whoever started it is gone.
process.stdin.on('end', () => process.exit())
