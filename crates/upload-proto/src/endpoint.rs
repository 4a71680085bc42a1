use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
