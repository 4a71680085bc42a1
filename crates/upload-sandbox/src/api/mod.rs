//! The platform's API: routes out of the endpoint table, and what stands behind each.

mod abort;
mod answer;
mod complete;
mod error;
mod fault;
mod guard;
mod initiate;
mod introspect;
mod json;
mod key;
mod presign;
mod routes;
mod status;
mod validate;

pub(crate) use answer::answer;
pub(crate) use routes::router;
