use upload_core::{
    CHECKPOINT_VERSION, Checkpoint, Event, Machine, MultipartConfig, MultipartUpload, Operation, Plan,
    ResumeError,
    proto::{PartNumber, PresignedUrl, s3_limits::MIN_PART_SIZE},
};

pub(crate) fn checkpoint() -> Checkpoint {
    let plan = Plan::propose(3 * MIN_PART_SIZE, Some(MIN_PART_SIZE)).unwrap();
    let first: PresignedUrl = "https://s/k?n=1&x=y".parse().unwrap();
    Checkpoint {
        version: CHECKPOINT_VERSION,
        filename: "a.csv".into(),
        upload_type: "audience_csv".parse().unwrap(),
        plan,
        upload_id: "u".parse().unwrap(),
        object_key: "k".parse().unwrap(),
        urls: (1..=3).map(|n| first.alike(&format!("https://s/k?n={n}&x=y")).unwrap()).collect(),
        etags: vec![Some("one".parse().unwrap()), None, Some("three".parse().unwrap())],
        completing: false,
    }
}

#[test]
fn only_missing_parts_are_sent() {
    let mut machine = MultipartUpload::resume(checkpoint(), MultipartConfig::default()).unwrap();
    assert!(matches!(machine.poll_event(), Some(Event::Opened(_))));
    let request = machine.poll_request(std::time::Instant::now()).unwrap();
    let Operation::PutPart { part, .. } = request.operation else { panic!("{request:?}") };
    assert_eq!(part, PartNumber::try_from(2).unwrap());
    assert!(machine.poll_request(std::time::Instant::now()).is_none(), "the others are stored");
}

#[test]
fn with_every_part_stored_it_goes_straight_to_complete() {
    let stored = Checkpoint { etags: vec![Some("e".parse().unwrap()); 3], ..checkpoint() };
    let mut machine = MultipartUpload::resume(stored, MultipartConfig::default()).unwrap();
    let request = machine.poll_request(std::time::Instant::now()).unwrap();
    assert!(matches!(request.operation, Operation::Complete(_)), "{request:?}");
}

#[test]
fn a_checkpoint_that_contradicts_itself_is_refused() {
    let resume = |checkpoint| MultipartUpload::resume(checkpoint, MultipartConfig::default()).map(|_| ());
    assert_eq!(resume(Checkpoint { version: 99, ..checkpoint() }), Err(ResumeError::Version(99)));
    assert_eq!(resume(Checkpoint { urls: Vec::new(), ..checkpoint() }), Err(ResumeError::Inconsistent));
    assert_eq!(resume(Checkpoint { etags: vec![None; 4], ..checkpoint() }), Err(ResumeError::Inconsistent));
}

#[test]
fn it_survives_being_written_down() {
    let json = serde_json::to_string(&checkpoint()).unwrap();
    assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), checkpoint());
}
