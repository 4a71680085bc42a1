//! Presigned uploads: initiate, complete, validate, abort, presign.

mod abort;
mod complete;
mod detached;
mod initiate;
mod key;
mod presign;
mod upload_type;
mod validate;

pub(super) use abort::abort;
pub(super) use complete::complete;
pub(super) use initiate::initiate;
pub(super) use presign::presign;
pub(super) use validate::validate;
