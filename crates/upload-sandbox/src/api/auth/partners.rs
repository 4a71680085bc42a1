use std::sync::Arc;

use axum::{Json, extract::State as Extract};
use serde_json::{Value, json};

use crate::state::State;

/// The partners the token may act for (answer assumed).
pub(in crate::api) async fn partners(Extract(state): Extract<Arc<State>>) -> Json<Value> {
    let partners = &state.accounts.account().partners;
    let listed = partners.iter().map(|partner| {
        // A name for people: the id without what all ids have in common.
        let name = partner.as_str().trim_start_matches("partner-id-");
        json!({ "id": partner.as_str(), "name": name })
    });
    Json(listed.collect())
}
