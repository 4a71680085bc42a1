//! Packages and their customer lists.

use futures::{StreamExt, stream};
use reqwest::{
    StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, IF_RANGE, RANGE},
};
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{Endpoint, Package, headers};

use super::{
    ApiClient, Credentials,
    call::{Call, MAX_ERROR_BODY, Wire, answer, exchange_of, stalled},
};
use crate::{
    Download, ResumePoint,
    classify::classify,
    download::{Head, Incoming},
    exchange::{Answered, Exchange},
    response::{header, quotable, read_body},
};

impl ApiClient {
    /// Asks how far a package has come. The platform's guidance is to ask no more often than every 3 s.
    ///
    /// # Errors
    /// `NotFound` for an unknown id, and whatever else can happen.
    pub async fn package(&self, attempt: u32, id: &str) -> Result<Package, TransportError> {
        let call = Call { id: Some(id), ..self.call(Endpoint::Package, attempt) };
        self.0.send(call).await?.json()
    }

    /// Downloads a package's customer list as CSV: all of it, or what comes after `from`. The server sends all of it
    /// all the same where the list is no longer the version that `from` names; [`Download::offset`] tells.
    ///
    /// Where nothing is left to send, the download has no bytes and begins at its total.
    ///
    /// # Errors
    /// When the platform refuses, or what it answers is not what was asked for. `Rejected` with status 416 where the list
    /// does not reach as far as `from`: it has changed. What happens later stands in [`Download::bytes`].
    pub async fn package_customers(
        &self,
        attempt: u32,
        id: &str,
        from: Option<&ResumePoint>,
    ) -> Result<Download, TransportError> {
        let call = Call { id: Some(id), ..self.call(Endpoint::PackageCustomers, attempt) };
        self.0
            .authorised(call.endpoint, |credentials| self.0.wire.download(call.clone(), from, credentials))
            .await
    }
}

impl Wire {
    /// Sends the call, once, and reads no more than the answer's head.
    async fn download(
        &self,
        call: Call<'_>,
        from: Option<&ResumePoint>,
        credentials: Credentials,
    ) -> Result<Download, TransportError> {
        let mut request = self.request(&call, &credentials)?;
        // An encoding would make the ranges those of the encoded bytes.
        request = request.header(ACCEPT, "text/csv").header(ACCEPT_ENCODING, "identity");
        if let Some(from) = from {
            request = request
                .header(RANGE, format!("bytes={}-", from.offset))
                .header(IF_RANGE, from.validator.to_string());
        }
        let request = request.build().map_err(|error| classify(error, "the API"))?;
        let exchange = exchange_of(&call, &request);
        match self.begin_download(request, &call, from, credentials, &exchange).await {
            Ok(Begun::Nothing(download, answered)) => {
                exchange.succeeded(&answered);
                Ok(download)
            }
            Ok(Begun::Bytes(head, mut incoming)) => {
                incoming.exchange = Some(exchange);
                let Head { offset, total, validator } = head;
                Ok(Download { offset, total, validator, bytes: incoming.stream() })
            }
            Err(error) => {
                exchange.failed(&error);
                Err(error)
            }
        }
    }

    async fn begin_download(
        &self,
        request: reqwest::Request,
        call: &Call<'_>,
        from: Option<&ResumePoint>,
        credentials: Credentials,
        exchange: &Exchange,
    ) -> Result<Begun, TransportError> {
        let host = exchange.host();
        let sent = tokio::time::timeout(call.allowance, self.http.execute(request)).await;
        let sent = sent
            .map_err(|_| stalled(format!("{host} gave no answer for {} s", call.allowance.as_secs_f32())))?;
        let mut response = sent.map_err(|error| classify(error, host))?;
        let status = response.status();
        let answered =
            Answered { status: status.as_u16(), request_id: header(&response, headers::REQUEST_ID) };
        if let Some(from) = from
            && status == StatusCode::RANGE_NOT_SATISFIABLE
            && Head::is_complete(&response, from)
        {
            let ResumePoint { offset, validator, .. } = from.clone();
            let (total, validator, bytes) = (Some(offset), Some(validator), stream::empty().boxed());
            return Ok(Begun::Nothing(Download { offset, total, validator, bytes }, answered));
        }
        if !status.is_success() {
            let (body, _) = read_body(&mut response, MAX_ERROR_BODY, self.idle_timeout).await;
            return Err(answer(&response, body, credentials).into_error());
        }
        let head = Head::read(&response, from).map_err(|trouble| {
            let trouble = quotable(&trouble, &[credentials.secret()]);
            TransportError {
                status: Some(answered.status),
                request_id: answered.request_id.clone(),
                ..TransportError::new(
                    Kind::BadAnswer,
                    format!("the API's answer is no customer list: {trouble}"),
                )
            }
        })?;
        let left = head.total.and_then(|total| total.checked_sub(head.offset));
        let idle_timeout = self.idle_timeout;
        let incoming = Incoming { response, exchange: None, answered, left, idle_timeout };
        Ok(Begun::Bytes(head, Box::new(incoming)))
    }
}

/// What a download's answer begins with.
enum Begun {
    /// There is nothing left to send.
    Nothing(Download, Answered),
    Bytes(Head, Box<Incoming>),
}
