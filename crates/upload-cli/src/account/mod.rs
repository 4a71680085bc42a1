//! Who we are for the platform: tokens that were given, sessions that are kept, and signing in.

mod file;
mod open;
mod partner;
mod prompt;
mod record;
mod sign_in;
mod source;
mod store;

pub(crate) use self::{
    file::SessionFile,
    open::{Account, lock, no_partner},
    partner::{Ask, choose_partner},
    prompt::{ask_partner, ask_password, ask_user, can_ask},
    record::{Identity, KeptSession, partners_of},
    sign_in::sign_in,
    source::{Source, TokenOrigin, password_of, variable},
    store::ProfileStore,
};
