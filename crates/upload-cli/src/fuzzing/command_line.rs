//! The values of options, and texts of others' making that are shown.

use upload_fuzz::{Target, documents};
use upload_sandbox::FaultRule;

use crate::{
    args::{ApiBudget, Concurrency, Rate, Size},
    ingest::ColumnTypes,
    journal::SessionId,
    output::plain,
};

pub(super) const VALUES: Target = Target { name: "option-values", seeds: values, check: check_values };
pub(super) const FAULT: Target = Target { name: "fault", seeds: rules, check: check_rule };

fn values() -> Vec<Vec<u8>> {
    documents(&[
        "16MiB",
        "1.5 KiB",
        "10MiB/s",
        "500kB",
        "18446744073709551615",
        "auto",
        "256",
        "60/min",
        "10/5s",
        "off",
        "30s",
        "1h 30m",
        "zip=string,sold=int",
        "0123456789abcdef",
        "Zürich\u{1b}[2J\u{202e}.csv",
    ])
}

fn check_values(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(Size(size)) = text.parse() {
        assert_eq!(size.to_string().parse(), Ok(Size(size)));
    }
    if let Ok(Rate(rate)) = text.parse() {
        assert!(rate > 0);
    }
    if let Ok(Concurrency::Fixed(count)) = text.parse() {
        assert_eq!(count.to_string().parse(), Ok(Concurrency::Fixed(count)));
    }
    if let Ok(ApiBudget::Writes(budget)) = text.parse() {
        assert!(!budget.per.is_zero());
        let _ = ApiBudget::Writes(budget).budgets();
    }
    if let Ok(ColumnTypes(types)) = text.parse() {
        let printed: Vec<String> =
            types.iter().map(|(name, kind)| format!("{name}={}", kind.name())).collect();
        assert_eq!(printed.join(",").parse(), Ok(ColumnTypes(types)));
    }
    if let Some(id) = SessionId::of_stem(text) {
        assert_eq!(id.as_str(), text);
    }
    let shown = plain(text);
    assert!(!shown.contains(char::is_control));
    assert_eq!(plain(&shown), shown);
}

fn rules() -> Vec<Vec<u8>> {
    documents(&[
        "part:2#3@0.5=status:503,code:SlowDown,retry_after:7",
        "part=reset,after:5MiB",
        "complete=error_in_200,code:InternalError",
        "part=reject:403,close:rst",
        "put_object=slow:64KiB/s",
        "part=etag:not_md5",
        "initiate@0.000001=garbage:502",
        "package_customers=cut,after:3",
        "part=skew:-3600",
    ])
}

fn check_rule(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(rule) = text.parse::<FaultRule>() {
        assert_eq!(rule.to_string().parse(), Ok(rule));
    }
}
