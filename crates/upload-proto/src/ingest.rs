//! Bulk ingest as JSON (sales uploads page): what can be sent where, and in which shape.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Endpoint;

/// What is ingested, and in which of the platform's three shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IngestKind {
    /// Sales figures of one event: one [`TransactionSummary`].
    TransactionSummary,
    /// Events as an array of records.
    Events,
    /// Sales as an array of records.
    Sales,
    /// Campaigns as an array of records.
    Campaigns,
    /// Events as a DataFrame.
    EventsDf,
    /// Sales as a DataFrame.
    SalesDf,
    /// Campaigns as a DataFrame.
    CampaignsDf,
}

/// The shape of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IngestShape {
    /// One JSON object.
    Object,
    /// A JSON array of objects, one a record.
    Records,
    /// A JSON DataFrame, see [`Orient`].
    DataFrame,
}

/// How a DataFrame is laid out, after the `orient` of pandas' `to_json` and `to_dict`.
///
/// The platform documents "a JSON DataFrame payload" and not its layout; [`Columns`](Self::Columns) is assumed, as it is
/// what pandas' `to_json` writes unless told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orient {
    /// `{"column": {"0": value, "1": value}}`
    #[default]
    Columns,
    /// `{"columns": ["column"], "index": [0, 1], "data": [[value], [value]]}`
    Split,
    /// `{"column": [value, value]}`
    List,
    /// `[{"column": value}, {"column": value}]`
    Records,
}

/// A text that names no kind of ingest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' cannot be ingested: expected one of transaction-summary, events, sales, campaigns, events-df, sales-df, campaigns-df"
)]
pub struct UnknownIngestKind(String);

impl IngestKind {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::TransactionSummary,
        Self::Events,
        Self::Sales,
        Self::Campaigns,
        Self::EventsDf,
        Self::SalesDf,
        Self::CampaignsDf,
    ];

    /// The kind's name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TransactionSummary => "transaction-summary",
            Self::Events => "events",
            Self::Sales => "sales",
            Self::Campaigns => "campaigns",
            Self::EventsDf => "events-df",
            Self::SalesDf => "sales-df",
            Self::CampaignsDf => "campaigns-df",
        }
    }

    /// Where it goes.
    #[must_use]
    pub const fn endpoint(self) -> Endpoint {
        match self {
            Self::TransactionSummary => Endpoint::IngestTransactionSummary,
            Self::Events => Endpoint::IngestEvents,
            Self::Sales => Endpoint::IngestSales,
            Self::Campaigns => Endpoint::IngestCampaigns,
            Self::EventsDf => Endpoint::IngestEventsDf,
            Self::SalesDf => Endpoint::IngestSalesDf,
            Self::CampaignsDf => Endpoint::IngestCampaignsDf,
        }
    }

    /// What its body looks like.
    #[must_use]
    pub const fn shape(self) -> IngestShape {
        match self {
            Self::TransactionSummary => IngestShape::Object,
            Self::Events | Self::Sales | Self::Campaigns => IngestShape::Records,
            Self::EventsDf | Self::SalesDf | Self::CampaignsDf => IngestShape::DataFrame,
        }
    }
}

impl FromStr for IngestKind {
    type Err = UnknownIngestKind;

    fn from_str(text: &str) -> Result<Self, UnknownIngestKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| UnknownIngestKind(text.to_owned()))
    }
}

impl fmt::Display for IngestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The sales figures of one event: the body of `POST R/v3/ingest/transaction_summary`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionSummary {
    /// The event.
    pub eid: String,
    /// The first day they cover, `YYYY-MM-DD`.
    pub from: String,
    /// The last day they cover, `YYYY-MM-DD`.
    pub to: String,
    /// The figures, one entry a type of ticket.
    pub tickets: Vec<TicketFigures>,
}

/// What one type of ticket has sold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketFigures {
    /// The type, such as `standard`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many tickets.
    pub sold: u64,
    /// For how much, in the partner's currency.
    pub revenue: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_an_endpoint_of_its_own_and_a_shape() {
        let endpoints: std::collections::HashSet<_> = IngestKind::ALL.map(IngestKind::endpoint).into();
        assert_eq!(endpoints.len(), IngestKind::ALL.len());
        for kind in IngestKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            let path = kind.endpoint().spec().path;
            assert_eq!(path.strip_prefix("/ingest/").unwrap().replace('_', "-"), kind.name());
            assert_eq!(kind.shape() == IngestShape::DataFrame, kind.name().ends_with("-df"));
        }
        let error = "tickets".parse::<IngestKind>().unwrap_err().to_string();
        assert!(IngestKind::ALL.iter().all(|kind| error.contains(kind.name())), "{error}");
    }

    #[test]
    fn the_documented_summary_reads_and_writes() {
        let json = r#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12","tickets":[{"type":"standard","sold":412,"revenue":18540.0}]}"#;
        let summary: TransactionSummary = serde_json::from_str(&json.replace(".0}", "}")).unwrap();
        assert_eq!(summary.tickets[0].sold, 412);
        assert_eq!(serde_json::to_string(&summary).unwrap(), json);
        assert!(serde_json::from_str::<TransactionSummary>(r#"{"eid":"e1","tickets":[]}"#).is_err());
    }
}
