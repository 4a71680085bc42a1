use std::fmt;

use crate::base_url::ApiHosts;

/// One operation of the platform's API; [`Endpoint::spec`] is the single table of all of them.
///
/// Clients build URLs with [`Endpoint::url`], servers route by [`EndpointSpec::route`]; there is no other way to
/// spell an address in this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Endpoint {
    /// Health, without credentials.
    Status,
    /// Who am I: 200 proves token and partner header.
    Partners,
    /// Sign in with user name and password.
    SignIn,
    /// A new access token for a refresh token.
    RefreshToken,
    /// Creative media as `multipart/form-data`.
    Media,
    /// Start a presigned multipart upload.
    InitiateMultipart,
    /// Put the uploaded parts together.
    CompleteMultipart,
    /// Check a completed object's content (path assumed).
    ValidateMultipart,
    /// Give a multipart upload up, freeing its parts.
    AbortMultipart,
    /// One presigned PUT for a whole object.
    PresignPut,
    /// Sales figures of one event as JSON.
    IngestTransactionSummary,
    /// Sales figures of one event as a workbook.
    IngestTransactionSummaryExcel,
    /// Events as a DataFrame.
    IngestEventsDf,
    /// Sales as a DataFrame.
    IngestSalesDf,
    /// Campaigns as a DataFrame.
    IngestCampaignsDf,
    /// Events as an array of records.
    IngestEvents,
    /// Sales as an array of records.
    IngestSales,
    /// Campaigns as an array of records.
    IngestCampaigns,
    /// Events as a workbook, by the CR API.
    EventsBulkUpload,
    /// The state of a package (path assumed).
    Package,
    /// A package's customer list as CSV (path assumed).
    PackageCustomers,
}

/// An HTTP method, without depending on an HTTP library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

/// Which of the platform's roots an endpoint lives under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostFamily {
    /// `R/v3/…`
    Versioned,
    /// `R/…`: media alone; with `/v3` it answers 404.
    Unversioned,
    /// `C/…`, the CR API's own host.
    Cr,
}

/// Which of the platform's request budgets a call draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BudgetClass {
    /// About 600 a minute and partner.
    Read,
    /// About 120 a minute and partner.
    Write,
    /// About 10 a minute and IP address.
    Auth,
}

/// One row of the endpoint table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointSpec {
    /// The HTTP method.
    pub method: Method,
    /// The root it lives under.
    pub host: HostFamily,
    /// The path below that root, from the slash on; `{id}` stands for the one path parameter there can be.
    pub path: &'static str,
    /// The query parameters, each required.
    pub query: &'static [&'static str],
    /// The budget it draws on.
    pub budget: BudgetClass,
    /// Whether it wants the bearer token and the partner header.
    pub authenticated: bool,
}

impl Endpoint {
    /// Every endpoint, in the order of the platform's documentation.
    pub const ALL: &[Self] = &[
        Self::Status,
        Self::Partners,
        Self::SignIn,
        Self::RefreshToken,
        Self::Media,
        Self::InitiateMultipart,
        Self::CompleteMultipart,
        Self::ValidateMultipart,
        Self::AbortMultipart,
        Self::PresignPut,
        Self::IngestTransactionSummary,
        Self::IngestTransactionSummaryExcel,
        Self::IngestEventsDf,
        Self::IngestSalesDf,
        Self::IngestCampaignsDf,
        Self::IngestEvents,
        Self::IngestSales,
        Self::IngestCampaigns,
        Self::EventsBulkUpload,
        Self::Package,
        Self::PackageCustomers,
    ];

    /// The endpoint's row in the table.
    #[must_use]
    pub const fn spec(self) -> EndpointSpec {
        use BudgetClass::{Auth, Read, Write};
        use HostFamily::{Cr, Unversioned, Versioned};
        use Method::{Delete, Get, Post, Put};

        const MULTIPART: &str = "/storage/multipart-upload";
        let (method, host, path, query, budget): (_, _, _, &'static [&'static str], _) = match self {
            Self::Status => (Get, Versioned, "/status/", &[], Read),
            Self::Partners => (Get, Versioned, "/partners/", &[], Read),
            Self::SignIn => (Post, Versioned, "/auth", &[], Auth),
            Self::RefreshToken => (Post, Versioned, "/auth/refresh_token", &[], Auth),
            Self::Media => (Post, Unversioned, "/media", &[], Write),
            Self::InitiateMultipart => (Post, Versioned, MULTIPART, &[], Write),
            Self::CompleteMultipart => (Put, Versioned, MULTIPART, &[], Write),
            Self::ValidateMultipart => (Post, Versioned, "/storage/multipart-upload/validate", &[], Write),
            Self::AbortMultipart => (Delete, Versioned, MULTIPART, &[], Write),
            Self::PresignPut => (Post, Versioned, "/storage/presigned-url", &[], Write),
            Self::IngestTransactionSummary => (Post, Versioned, "/ingest/transaction_summary", &[], Write),
            Self::IngestTransactionSummaryExcel => {
                (Post, Versioned, "/ingest/transaction_summary/from_excel", &["eid"], Write)
            }
            Self::IngestEventsDf => (Post, Versioned, "/ingest/events_df", &[], Write),
            Self::IngestSalesDf => (Post, Versioned, "/ingest/sales_df", &[], Write),
            Self::IngestCampaignsDf => (Post, Versioned, "/ingest/campaigns_df", &[], Write),
            Self::IngestEvents => (Post, Versioned, "/ingest/events", &[], Write),
            Self::IngestSales => (Post, Versioned, "/ingest/sales", &[], Write),
            Self::IngestCampaigns => (Post, Versioned, "/ingest/campaigns", &[], Write),
            Self::EventsBulkUpload => (Post, Cr, "/events/bulk_upload", &["event_type"], Write),
            Self::Package => (Get, Versioned, "/package_builder/packages/{id}", &[], Read),
            Self::PackageCustomers => {
                (Get, Versioned, "/package_builder/packages/{id}/customers.csv", &[], Read)
            }
        };
        let authenticated = !matches!(self, Self::Status | Self::SignIn | Self::RefreshToken);
        EndpointSpec { method, host, path, query, budget, authenticated }
    }

    /// Starts building the endpoint's URL under the given hosts.
    #[must_use]
    pub fn url(self, hosts: &ApiHosts) -> EndpointUrl<'_> {
        EndpointUrl { endpoint: self, hosts, id: None, query: Vec::new() }
    }
}

impl EndpointSpec {
    /// The path below the host family's root *including* the version, as a server routes it.
    #[must_use]
    pub fn route(&self) -> String {
        match self.host {
            HostFamily::Versioned => format!("/v3{}", self.path),
            HostFamily::Unversioned | HostFamily::Cr => self.path.to_owned(),
        }
    }
}

impl Method {
    /// The method as it stands in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    fn the_table_lists_every_endpoint_once_with_a_distinct_method_and_route() {
        let mut seen = std::collections::HashSet::new();
        for endpoint in Endpoint::ALL {
            let spec = endpoint.spec();
            assert!(seen.insert((spec.method, spec.host, spec.path)), "{endpoint:?} stands twice");
            assert!(spec.path.starts_with('/') && !spec.path.starts_with("/v3"), "{endpoint:?}");
        }
        // PackageCustomers is the last variant: with it at the end and no duplicates, none is missing.
        assert_eq!(Endpoint::ALL.len(), Endpoint::PackageCustomers as usize + 1);
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
