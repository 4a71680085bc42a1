use std::future::Future;

use tokio::time::Instant;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{Endpoint, PartnerId};

use super::{
    Credentials,
    answer::Answer,
    call::{Call, Wire},
};
use crate::{Pace, Tokens};

/// How often one call gets another token: for one that has died, for one that another process kept and that is dead too,
/// and for a short-lived one that died while the call waited for its turn again.
const MAX_REPLACED: u32 = 3;

/// What every call needs.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) wire: Wire,
    pub(super) tokens: Tokens,
    pub(super) partner: PartnerId,
    pub(super) pace: Pace,
}

impl Inner {
    /// Sends the call and reads the whole answer.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Answer, TransportError> {
        self.authorised(call.endpoint, |credentials| self.wire.send(call.clone(), credentials)).await
    }

    /// Has `send` do a request to the endpoint when its turn has come, with the credentials it wants. A 401 proves that
    /// nothing was done: it leads to one more try, with a new token, where there is one to be had.
    pub(super) async fn authorised<T, F>(
        &self,
        endpoint: Endpoint,
        send: impl Fn(Credentials) -> F,
    ) -> Result<T, TransportError>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        if !endpoint.spec().authenticated {
            self.pace.admit(endpoint).await;
            return send(Credentials::None).await.inspect_err(|error| self.pace.learn(endpoint, error));
        }
        // Nobody waits in line for a session that is over.
        self.tokens.check()?;
        self.pace.admit(endpoint).await;
        // Only now is a token asked for: the wait may have outlasted the last one.
        let began = Instant::now();
        let mut grant = self.tokens.grant().await?;
        let mut replaced = 0;
        loop {
            let credentials =
                Credentials::Bearer { token: grant.token.clone(), partner: self.partner.clone() };
            let refusal = match send(credentials).await {
                Err(error) if error.kind == Kind::Unauthorized && replaced < MAX_REPLACED => error,
                result => return result.inspect_err(|error| self.pace.learn(endpoint, error)),
            };
            let Some(renewed) = self.tokens.replace(&grant, began).await? else { return Err(refusal) };
            (grant, replaced) = (renewed, replaced + 1);
            self.pace.admit(endpoint).await;
        }
    }
}
