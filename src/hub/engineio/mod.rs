//! Engine.IO, protocol version 4: connections over HTTP long-polling and WebSocket.
//!
//! Every connection is one task, a session, that owns its transport, its heartbeat and its end
//! in the application, a [`Link`]. Requests of clients that poll find the task through a table; a
//! WebSocket is taken out of the HTTP server whole, so that nothing of it but the stream remains. What
//! waits for a peer is bounded: beyond [`Settings::send_buffer`] the link is not asked for more and a
//! WebSocket is not read, so that a peer that does not read holds only itself up. When it then takes nothing
//! for [`Settings::send_timeout`], it is cut as a slow consumer; one that takes something now and then goes
//! on, however far behind it is, as long as it answers pings in time.
//!
//! The server pings, first one interval after the handshake. It also pings behind whatever a link wants
//! confirmed: transports keep their order, so that the pong says that everything before arrived. One ping
//! is on its way at any time.

mod handshake;
mod heart;
mod link;
pub mod packet;
mod polling;
mod query;
mod reason;
mod refusal;
mod registry;
mod server;
mod session;
mod settings;
mod socket;
mod upgrade;

pub use handshake::{Handshake, Transport};
pub use link::{Application, Link, Opening, Outbox};
pub use packet::Message;
pub use reason::Reason;
pub use server::{Server, new_id};
pub use settings::Settings;
