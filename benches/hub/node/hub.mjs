// A socket.io 4 hub that does the seeds' job: users are mapped to sockets in Redis, and what is POSTed is emitted
// to the socket of its user. Without a web framework, which would only make it slower.
import { createServer } from 'node:http'
import { createClient } from 'redis'
import { Server } from 'socket.io'

const redis = createClient({ socket: { host: '127.0.0.1', port: Number(process.env.REDIS) } })
await redis.connect()

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', async () => {
    const [status, text] = await push(request.url, Buffer.concat(chunks))
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  })
})
const io = new Server(server)

async function push(url, bytes) {
  const { userId, payload } = JSON.parse(bytes)
  if (!userId || !payload) return [400, 'Invalid request']
  if (url === '/broadcast') {
    io.emit('submissionPayloadResponse', payload)
    return [200, 'Payload sent successfully']
  }
  const socket = await redis.get(userId)
  if (!socket) return [404, 'User not connected']
  io.to(socket).emit('submissionPayloadResponse', payload)
  return [200, 'Payload sent successfully']
}

io.on('connection', (socket) => {
  let user
  socket.on('setUserId', async (id) => {
    user = id
    await redis.set(id, socket.id)
  })
  socket.on('getConnectionId', async (id) => socket.emit('connectionId', await redis.get(id)))
  socket.on('disconnect', async () => {
    if (user && (await redis.get(user)) === socket.id) await redis.del(user)
  })
})

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
