use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};
use upload_proto::Endpoint;

/// What a request asks for, whichever of the two ports it arrives at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// A row of the API's endpoint table.
    Api(Endpoint),
    /// A presigned PUT of one part.
    PutPart,
    /// A presigned PUT of a whole object.
    PutObject,
    /// Any other request to the storage.
    OtherStorage,
    /// Nothing the sandbox knows.
    Unknown,
}

impl Operation {
    /// Start a multipart upload.
    pub const INITIATE: Self = Self::Api(Endpoint::InitiateMultipart);
    /// Put the parts together.
    pub const COMPLETE: Self = Self::Api(Endpoint::CompleteMultipart);
    /// Check a completed object.
    pub const VALIDATE: Self = Self::Api(Endpoint::ValidateMultipart);
    /// Give a multipart upload up.
    pub const ABORT: Self = Self::Api(Endpoint::AbortMultipart);
    /// A presigned PUT for a whole object.
    pub const PRESIGN: Self = Self::Api(Endpoint::PresignPut);

    /// The stable name the log and fault rules use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PutPart => "part",
            Self::PutObject => "object",
            Self::OtherStorage => "storage",
            Self::Unknown => "unknown",
            Self::Api(endpoint) => endpoint_name(endpoint),
        }
    }
}

const fn endpoint_name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Status => "status",
        Endpoint::Partners => "partners",
        Endpoint::SignIn => "sign_in",
        Endpoint::RefreshToken => "refresh_token",
        Endpoint::Media => "media",
        Endpoint::InitiateMultipart => "initiate",
        Endpoint::CompleteMultipart => "complete",
        Endpoint::ValidateMultipart => "validate",
        Endpoint::AbortMultipart => "abort",
        Endpoint::PresignPut => "presign",
        Endpoint::IngestTransactionSummary => "ingest_transaction_summary",
        Endpoint::IngestTransactionSummaryExcel => "excel",
        Endpoint::IngestEventsDf => "ingest_events_df",
        Endpoint::IngestSalesDf => "ingest_sales_df",
        Endpoint::IngestCampaignsDf => "ingest_campaigns_df",
        Endpoint::IngestEvents => "ingest_events",
        Endpoint::IngestSales => "ingest_sales",
        Endpoint::IngestCampaigns => "ingest_campaigns",
        Endpoint::EventsBulkUpload => "events",
        Endpoint::Package => "package",
        Endpoint::PackageCustomers => "package_customers",
        _ => "api",
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Operation {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, &'static str> {
        let api = Endpoint::ALL.iter().map(|endpoint| Self::Api(*endpoint));
        let mut all = api.chain([Self::PutPart, Self::PutObject, Self::OtherStorage]);
        let wanted = name.replace('-', "_");
        all.find(|operation| operation.name() == wanted).ok_or(
            "is no operation; most wanted are initiate, part, complete, validate, abort, presign and object, and \
             docs/sandbox.md has them all",
        )
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_a_name_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for endpoint in Endpoint::ALL {
            let name = Operation::Api(*endpoint).name();
            assert!(name != "api" && seen.insert(name), "{endpoint:?}");
            assert_eq!(name.parse(), Ok(Operation::Api(*endpoint)));
        }
        assert_eq!("part".parse(), Ok(Operation::PutPart));
        assert!("unknown".parse::<Operation>().is_err());
    }
}
