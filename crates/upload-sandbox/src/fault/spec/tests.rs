use std::time::Duration;

use proptest::prelude::*;
use upload_proto::Endpoint;

use crate::{Close, EtagFault, FaultAction as Action, FaultRule, Operation, Probability};

fn rule(text: &str) -> FaultRule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn each_piece_means_what_the_documentation_says() {
    let two = 2_u64.try_into().unwrap();
    let half = Probability::per_million(500_000);
    let throttle = Action::StatusRetryAfter(503, Duration::from_secs(7));
    assert_eq!(
        rule("part:2#3@0.5=status:503,retry_after:7"),
        FaultRule::always(Operation::PutPart, throttle).part(two).times(3).probability(half)
    );
    for (text, action) in [
        ("status:500", Action::Status(500)),
        ("stall", Action::Stall { after: 0 }),
        ("stall,after:5MiB", Action::Stall { after: 5 << 20 }),
        ("reset,after:70000", Action::Reset { after: 70_000 }),
        ("reset,after:body", Action::ResetAfterBody),
        ("slow:64KiB/s", Action::Slow(64 << 10)),
        ("reject:403,close:rst", Action::Reject { status: 403, code: None, close: Close::Rst }),
        ("lose-answer", Action::LoseAnswer),
        ("etag:not-md5", Action::Etag(EtagFault::NotMd5)),
        ("skew:-3600", Action::Skew(-3600)),
        ("garbage:502", Action::Garbage { status: 502 }),
        ("redirect", Action::Redirect(307)),
    ] {
        assert_eq!(rule(&format!("part={text}")).action, action, "{text}");
    }
    let Action::StatusCode { status: 400, code, retry_after: None } =
        rule("part=status:400,code:RequestTimeout").action
    else {
        panic!("another action");
    };
    assert_eq!(code.as_str(), "RequestTimeout");
}

#[test]
fn what_is_wrong_is_named() {
    for (text, piece, words) in [
        ("", "''", "expected OPERATION"),
        ("part", "'part'", "expected OPERATION"),
        ("prat=stall", "'prat'", "initiate"),
        ("part:0=stall", "'0'", "1 to 10000"),
        ("part:10001=stall", "'10001'", "1 to 10000"),
        ("complete:1=stall", "'complete:1'", "only 'part'"),
        ("part#0=stall", "'0'", "count"),
        ("part#many=stall", "'many'", "count"),
        ("part@0=stall", "'0'", "probability"),
        ("part@1.5=stall", "'1.5'", "probability"),
        ("part=explode", "'explode'", "status, reject"),
        ("part=", "''", "is no action"),
        ("part=status", "'status'", "400 to 599"),
        ("part=status:abc", "'status:abc'", "400 to 599"),
        ("part=status:200", "'status:200'", "400 to 599"),
        ("part=status:503,retry_after:soon", "'retry_after:soon'", "whole seconds"),
        ("part=status:503,code:Slow Down", "'code:Slow Down'", "letters"),
        ("part=status:503,color:red", "'color:red'", "no such key"),
        ("part=status:503,code:A,code:B", "'code:B'", "twice"),
        ("part=status:503,now", "'now'", "KEY:VALUE"),
        ("part=stall:3", "'stall:3'", "no value"),
        ("part=stall,after:lots", "'after:lots'", "64KiB"),
        ("part=stall,after:99999999999GiB", "'after:99999999999GiB'", "64KiB"),
        ("part=reset,after:head", "'after:head'", "'body'"),
        ("part=slow:0", "'slow:0'", "stall"),
        ("part=etag:odd", "'odd'", "etag:wrong"),
        ("part=reject:403,close:slam", "'close:slam'", "'rst'"),
        ("part=redirect:200", "'redirect:200'", "301 to 308"),
        ("part=garbage", "'part=…garbage'", "400 or more"),
        ("part=truncate", "'part=…truncate'", "JSON"),
        ("abort=truncate", "'abort=…truncate'", "JSON"),
        ("package=cut,after:3", "'package=…cut'", "'package_customers'"),
        ("initiate=etag:wrong", "'initiate=…etag'", "'complete'"),
        ("complete=expire", "'complete=…expire'", "carry a time"),
        ("status=stall,after:1", "'status=…stall'", "no body"),
        ("unknown=stall", "'unknown'", "initiate"),
    ] {
        let error = text.parse::<FaultRule>().unwrap_err().to_string();
        assert!(error.starts_with(piece) && error.contains(words), "{text}: {error}");
    }
}

fn operations() -> impl Strategy<Value = Operation> {
    let mut all: Vec<_> = Endpoint::ALL.iter().map(|endpoint| Operation::Api(*endpoint)).collect();
    all.extend([Operation::PutPart, Operation::PutObject, Operation::OtherStorage]);
    proptest::sample::select(all)
}

fn actions() -> impl Strategy<Value = Action> {
    let code = || "[A-Za-z0-9_.]{1,64}".prop_map(|text| text.parse().unwrap());
    let seconds = || any::<u32>().prop_map(|seconds| Duration::from_secs(seconds.into()));
    prop_oneof![
        (400..600_u16).prop_map(Action::Status),
        (400..600_u16, seconds()).prop_map(|(status, after)| Action::StatusRetryAfter(status, after)),
        (400..600_u16, code(), proptest::option::of(seconds()))
            .prop_map(|(status, code, retry_after)| Action::StatusCode { status, code, retry_after }),
        (400..600_u16, proptest::option::of(code()), any::<bool>()).prop_map(|(status, code, rst)| {
            Action::Reject { status, code, close: if rst { Close::Rst } else { Close::Fin } }
        }),
        Just(Action::Expire),
        any::<i32>().prop_map(Action::Skew),
        any::<u64>().prop_map(|after| Action::Stall { after }),
        any::<u64>().prop_map(|after| Action::Reset { after }),
        Just(Action::ResetAfterBody),
        (1..=u64::MAX).prop_map(Action::Slow),
        Just(Action::LoseAnswer),
        proptest::sample::select(vec![EtagFault::Wrong, EtagFault::Missing, EtagFault::NotMd5])
            .prop_map(Action::Etag),
        proptest::option::of(code()).prop_map(|code| Action::ErrorInSuccess { code }),
        (200..600_u16).prop_map(|status| Action::Garbage { status }),
        Just(Action::Truncate),
        any::<u64>().prop_map(|after| Action::Cut { after }),
        (301..309_u16).prop_map(Action::Redirect),
    ]
}

proptest! {
    #[test]
    fn a_rule_that_makes_sense_reads_back_as_it_was(
        operation in operations(),
        action in actions(),
        part in proptest::option::of(1..=10_000_u64),
        times in proptest::option::of(1..=u32::MAX),
        per_million in 1..=1_000_000_u32,
    ) {
        let mut rule = FaultRule::always(operation, action).probability(Probability::per_million(per_million));
        rule.part = part.filter(|_| operation == Operation::PutPart).map(|part| part.try_into().unwrap());
        rule.times = times;
        prop_assume!(rule.check().is_ok());
        prop_assert_eq!(rule.to_string().parse::<FaultRule>(), Ok(rule));
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused_in_text_as_well(operation in operations(), action in actions()) {
        let rule = FaultRule::always(operation, action);
        prop_assert_eq!(rule.check().is_ok(), rule.to_string().parse::<FaultRule>().is_ok());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", tail in "[a-z_:,#@=0-9.-]{0,40}") {
        for text in [format!("{text}{tail}"), format!("part{tail}"), format!("part={tail}")] {
            if let Ok(rule) = text.parse::<FaultRule>() {
                prop_assert_eq!(rule.to_string().parse::<FaultRule>(), Ok(rule));
            }
        }
    }
}
