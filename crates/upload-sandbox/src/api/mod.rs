//! The platform's API: routes out of the endpoint table, and what stands behind each.

mod answer;
mod auth;
mod body;
mod cut;
mod direct;
mod error;
mod fault;
mod filename;
mod guard;
mod ingest;
mod introspect;
mod json;
mod packages;
mod query;
mod routes;
mod status;
mod storage;

pub(crate) use answer::answer;
pub(crate) use routes::router;
