use crate::{
    base_url::ApiHosts,
    endpoint::{Endpoint, HostFamily},
};

impl Endpoint {
    /// Starts building the endpoint's URL under the given hosts.
    #[must_use]
    pub fn url(self, hosts: &ApiHosts) -> EndpointUrl<'_> {
        EndpointUrl { endpoint: self, hosts, id: None, query: Vec::new() }
    }
}

/// A URL being built from the endpoint table; see [`Endpoint::url`].
#[derive(Clone, Debug)]
pub struct EndpointUrl<'a> {
    endpoint: Endpoint,
    hosts: &'a ApiHosts,
    id: Option<&'a str>,
    query: Vec<(&'a str, &'a str)>,
}

/// Why no URL could be made for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointUrlError {
    /// The endpoint lives on the CR API and no CR URL is configured.
    #[error("this call goes to the CR API and its base URL is not set")]
    NoCrRoot,
    /// The path wants an id that was not given, is empty, or is `.` or `..`.
    #[error("the id in the path is missing or cannot stand in a path")]
    BadId,
    /// The path has no place for the id that was given.
    #[error("this call takes no id")]
    UnexpectedId,
    /// A required query parameter is missing or empty.
    #[error("the query parameter '{0}' is missing or empty")]
    MissingQuery(&'static str),
    /// A query parameter the table does not list.
    #[error("this call takes no query parameter '{0}'")]
    UnexpectedQuery(String),
}

impl<'a> EndpointUrl<'a> {
    /// Fills the path's `{id}`. Slashes and other reserved characters are percent-encoded.
    #[must_use]
    pub fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// Adds a query parameter; the same key twice stays two keys.
    #[must_use]
    pub fn query(mut self, key: &'a str, value: &'a str) -> Self {
        self.query.push((key, value));
        self
    }

    /// The finished URL.
    ///
    /// # Errors
    /// When the table's row and what was given do not match; see [`EndpointUrlError`].
    pub fn build(self) -> Result<String, EndpointUrlError> {
        let spec = self.endpoint.spec();
        let root = match spec.host {
            HostFamily::Versioned | HostFamily::Unversioned => &self.hosts.api,
            HostFamily::Cr => self.hosts.cr.as_ref().ok_or(EndpointUrlError::NoCrRoot)?,
        };
        let mut url = format!("{root}{}", fill_id(&spec.route(), self.id)?);
        if let Some(missing) = spec.query.iter().find(|key| !self.has_value(key)) {
            return Err(EndpointUrlError::MissingQuery(missing));
        }
        for (index, (key, value)) in self.query.iter().enumerate() {
            if !spec.query.contains(key) {
                return Err(EndpointUrlError::UnexpectedQuery((*key).to_owned()));
            }
            url.push(if index == 0 { '?' } else { '&' });
            push_encoded(&mut url, key);
            url.push('=');
            push_encoded(&mut url, value);
        }
        Ok(url)
    }

    fn has_value(&self, wanted: &str) -> bool {
        self.query.iter().any(|(key, value)| *key == wanted && !value.is_empty())
    }
}

fn fill_id(route: &str, id: Option<&str>) -> Result<String, EndpointUrlError> {
    match (route.split_once("{id}"), id) {
        // Dots stay dots when percent-encoded, and HTTP stacks resolve them away.
        (Some(_), None | Some("" | "." | "..")) => Err(EndpointUrlError::BadId),
        (Some((before, after)), Some(id)) => {
            let mut path = before.to_owned();
            push_encoded(&mut path, id);
            path.push_str(after);
            Ok(path)
        }
        (None, Some(_)) => Err(EndpointUrlError::UnexpectedId),
        (None, None) => Ok(route.to_owned()),
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => {
                let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble)]);
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> ApiHosts {
        ApiHosts { api: "https://h/api/v3".parse().unwrap(), cr: Some("https://cr.h/api".parse().unwrap()) }
    }

    #[test]
    fn media_never_gets_a_version_whatever_the_base_url_was() {
        for base in ["https://h/api", "https://h/api/v3", "https://h/api/v3/"] {
            let hosts = ApiHosts { api: base.parse().unwrap(), cr: None };
            assert_eq!(Endpoint::Media.url(&hosts).build().unwrap(), "https://h/api/media");
            assert_eq!(Endpoint::Status.url(&hosts).build().unwrap(), "https://h/api/v3/status/");
        }
    }

    #[test]
    fn parameters_are_encoded_and_checked_against_the_table() {
        let hosts = hosts();
        let excel = Endpoint::IngestTransactionSummaryExcel;
        assert_eq!(
            excel.url(&hosts).query("eid", "a/b c&d").build().unwrap(),
            "https://h/api/v3/ingest/transaction_summary/from_excel?eid=a%2Fb%20c%26d"
        );
        assert_eq!(excel.url(&hosts).build(), Err(EndpointUrlError::MissingQuery("eid")));
        assert_eq!(excel.url(&hosts).query("eid", "").build(), Err(EndpointUrlError::MissingQuery("eid")));
        assert_eq!(
            Endpoint::Status.url(&hosts).query("x", "1").build(),
            Err(EndpointUrlError::UnexpectedQuery("x".into()))
        );
        assert_eq!(Endpoint::Status.url(&hosts).id("1").build(), Err(EndpointUrlError::UnexpectedId));
        assert_eq!(
            Endpoint::PackageCustomers.url(&hosts).id("../é").build().unwrap(),
            "https://h/api/v3/package_builder/packages/..%2F%C3%A9/customers.csv"
        );
        assert_eq!(Endpoint::Package.url(&hosts).id("..").build(), Err(EndpointUrlError::BadId));
        assert_eq!(Endpoint::Package.url(&hosts).build(), Err(EndpointUrlError::BadId));
    }

    #[test]
    fn the_cr_api_has_its_own_root() {
        let bulk = Endpoint::EventsBulkUpload;
        assert_eq!(
            bulk.url(&hosts()).query("event_type", "prisma").build().unwrap(),
            "https://cr.h/api/events/bulk_upload?event_type=prisma"
        );
        let without = ApiHosts { cr: None, ..hosts() };
        assert_eq!(bulk.url(&without).query("event_type", "prisma").build(), Err(EndpointUrlError::NoCrRoot));
    }
}
