use std::{fmt, time::Duration};

use super::size;
use crate::{
    Probability,
    fault::{Close, ErrorCode, EtagFault, FaultAction, FaultRule},
};

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(part) = self.part {
            write!(f, ":{part}")?;
        }
        if let Some(times) = self.times {
            write!(f, "#{times}")?;
        }
        if self.probability != Probability::ALWAYS {
            write!(f, "@{}", self.probability)?;
        }
        write!(f, "={}", self.action)
    }
}

/// The text form of an action, as it stands in a rule's.
impl fmt::Display for FaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Status(status) | Self::Redirect(status) | Self::Garbage { status } => {
                write!(f, ":{status}")
            }
            Self::StatusRetryAfter(status, after) => {
                write!(f, ":{status}")?;
                retry_after(f, Some(*after))
            }
            Self::StatusCode { status, code, retry_after: after } => {
                write!(f, ":{status},code:{code}")?;
                retry_after(f, *after)
            }
            Self::Reject { status, code, close } => {
                write!(f, ":{status}")?;
                optional_code(f, code.as_ref())?;
                f.write_str(match close {
                    Close::Fin => "",
                    Close::Rst => ",close:rst",
                })
            }
            Self::Skew(seconds) => write!(f, ":{seconds}"),
            Self::Stall { after: 0 } | Self::Reset { after: 0 } | Self::Cut { after: 0 } => Ok(()),
            Self::Stall { after } | Self::Reset { after } | Self::Cut { after } => {
                write!(f, ",after:{}", size::print(*after))
            }
            Self::ResetAfterBody => f.write_str(",after:body"),
            Self::Slow(rate) => write!(f, ":{}", size::print(*rate)),
            Self::Etag(fault) => f.write_str(match fault {
                EtagFault::Wrong => ":wrong",
                EtagFault::Missing => ":missing",
                EtagFault::NotMd5 => ":not_md5",
            }),
            Self::ErrorInSuccess { code } => optional_code(f, code.as_ref()),
            Self::Expire | Self::LoseAnswer | Self::Truncate => Ok(()),
        }
    }
}

fn optional_code(f: &mut fmt::Formatter<'_>, code: Option<&ErrorCode>) -> fmt::Result {
    code.map_or(Ok(()), |code| write!(f, ",code:{code}"))
}

fn retry_after(f: &mut fmt::Formatter<'_>, after: Option<Duration>) -> fmt::Result {
    after.map_or(Ok(()), |after| write!(f, ",retry_after:{}", after.as_secs()))
}
