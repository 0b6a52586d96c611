// @tus/server over its file store, in the folder that is the only argument; prints the port.
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const uploads = new Server({ path: '/files', datastore: new FileStore({ directory: process.argv[2] }) })
const server = uploads.listen({ host: '127.0.0.1', port: 0 }, () => console.log(server.address().port))
