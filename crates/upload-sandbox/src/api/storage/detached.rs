use axum::http::StatusCode;

use crate::{api::error::ApiError, storage::StoreError};

/// Does to its end what changes the storage, whether or not the client waits for the answer: S3 does so too, and a
/// handler ends half way, with nothing noted, when its client goes.
pub(super) async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::spawn(work).await.map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", error.to_string())
    })?;
    Ok(done?)
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use futures::{FutureExt as _, poll};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_done_though_nobody_waits() {
        let (begin, begun) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let mut asked = detached(async move {
            let _ = begun.await;
            let _ = end.send(());
            Ok(())
        })
        .boxed();
        assert!(matches!(poll!(&mut asked), Poll::Pending));
        drop(asked);
        begin.send(()).unwrap();
        assert_eq!(ended.await, Ok(()));
    }

    #[tokio::test]
    async fn a_refusal_is_handed_on() {
        let refused = || StoreError::Refused {
            status: StatusCode::NOT_FOUND,
            code: "NoSuchUpload".into(),
            message: String::new(),
        };
        let error = detached(async move { Err::<(), _>(refused()) }).await.unwrap_err();
        assert_eq!((error.status.as_u16(), &*error.code), (404, "NoSuchUpload"));
    }
}
