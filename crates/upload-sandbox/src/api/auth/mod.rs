//! Accounts: sign-in, refresh, partners.

mod partners;
mod refresh;
mod sign_in;

pub(super) use partners::partners;
pub(super) use refresh::refresh;
pub(super) use sign_in::sign_in;
