//! Engine.IO, protocol version 4: connections over HTTP long-polling and WebSocket.

mod handshake;
mod query;
mod reason;
mod settings;

pub use handshake::{Handshake, Transport};
pub use reason::Reason;
pub use settings::Settings;
