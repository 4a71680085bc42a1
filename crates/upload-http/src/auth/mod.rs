//! Who the platform takes us for: signing in, tokens that renew themselves, and where sessions are kept.

mod claims;
mod client;
mod life;
mod renewal;
mod session;
mod store;
mod tokens;
mod trouble;

pub use self::{
    claims::Claims,
    client::AuthClient,
    session::Session,
    store::{SavedSession, SessionStore, StoreLock},
    tokens::Tokens,
};
