use md5::{Digest as _, Md5};
use md5_many::{Md5Many, Md5State};

/// Computes MD5s of several streams at once.
///
/// The vector code is young (md5-many is an alpha), and a wrong digest would call a good part corrupted. So it has to
/// agree with RustCrypto's `md-5` when it is made; where it does not, that one does the work, a stream at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Engine {
    many: Option<Md5Many>,
}

/// What a stream has come to so far.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Many(Md5State),
    One(Md5),
}

impl Engine {
    /// The most streams that are worth hashing together: AVX-512 has 16 lanes of 32 bits.
    pub(crate) const WIDEST: usize = 16;

    pub(crate) fn new() -> Self {
        let many = Self { many: Some(Md5Many::new()) };
        let scalar = Self { many: None };
        if many.sample() == scalar.sample() { many } else { scalar }
    }

    /// A stream of no bytes yet.
    pub(crate) fn start(&self) -> State {
        match self.many {
            Some(_) => State::Many(Md5State::new()),
            None => State::One(Md5::new()),
        }
    }

    /// Takes in the next bytes of each stream.
    pub(crate) fn update(&self, states: &mut [State], chunks: &[&[u8]]) {
        let together: Option<Vec<Md5State>> = states.iter().map(State::many).collect();
        match (self.many, together) {
            (Some(many), Some(mut together)) => {
                let fillers = fillers(together.len(), many.lanes());
                let filler = chunks.first().copied().unwrap_or_default();
                let mut chunks = chunks.to_vec();
                chunks.resize(chunks.len() + fillers, filler);
                together.resize(together.len() + fillers, Md5State::new());
                many.update_many(&mut together, &chunks);
                states.iter_mut().zip(together).for_each(|(state, new)| *state = State::Many(new));
            }
            _ => states.iter_mut().zip(chunks).for_each(|(state, chunk)| state.update(chunk)),
        }
    }

    pub(crate) fn md5(&self, bytes: &[u8]) -> [u8; 16] {
        let mut state = self.start();
        state.update(bytes);
        state.finish()
    }

    /// The digests of as many streams as are ever hashed together, in chunks that leave partial blocks behind.
    fn sample(&self) -> Vec<[u8; 16]> {
        let bytes: Vec<u8> = (0_u32..4096).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        let mut states = vec![self.start(); Self::WIDEST];
        for round in [0, 64, 1000] {
            let chunks: Vec<&[u8]> =
                (0..Self::WIDEST).map(|lane| &bytes[lane..lane * 67 + 900 + round]).collect();
            self.update(&mut states, &chunks);
        }
        states.into_iter().map(State::finish).collect()
    }
}

/// How many streams that nobody wants are hashed beside so many, because whole vectors are cheaper than broken ones. Measured for
/// md5-many 0.1.0-alpha.4 on an AMD EPYC with AVX-512, CPU seconds per GiB: 4 streams 0.88, 5 to 7 more than 4, 8 streams 0.22, 9
/// to 15 about 0.47, 16 streams 0.16. Two streams as two of eight cost 0.87 instead of 1.33. Processors with four lanes (SSE4.2,
/// NEON) were not measured: there, vectors of four are filled.
fn fillers(streams: usize, lanes: usize) -> usize {
    match streams {
        0 | 1 => 0,
        _ => streams.next_multiple_of(lanes.clamp(1, 8)) - streams,
    }
}

impl State {
    fn many(&self) -> Option<Md5State> {
        match self {
            Self::Many(state) => Some(*state),
            Self::One(_) => None,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Many(state) => state.update(bytes),
            Self::One(state) => state.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> [u8; 16] {
        match self {
            Self::Many(state) => state.finalize(),
            Self::One(state) => state.finalize().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_code_agrees_with_rustcrypto_on_random_streams() {
        let engine = Engine::new();
        assert!(engine.many.is_some(), "on the machines we test on it is used");
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..60 {
            let lanes = rng.usize(1..=Engine::WIDEST);
            let mut states = vec![engine.start(); lanes];
            let mut whole = vec![Vec::new(); lanes];
            for _ in 0..rng.usize(1..6) {
                let chunks: Vec<Vec<u8>> =
                    (0..lanes).map(|_| (0..rng.usize(0..5000)).map(|_| rng.u8(..)).collect()).collect();
                let slices: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
                engine.update(&mut states, &slices);
                whole.iter_mut().zip(&chunks).for_each(|(whole, chunk)| whole.extend(chunk));
            }
            for (state, whole) in states.into_iter().zip(whole) {
                assert_eq!(state.finish(), <[u8; 16]>::from(Md5::digest(&whole)));
            }
        }
    }

    #[test]
    fn without_vectors_the_digests_are_the_same() {
        assert_eq!(Engine { many: None }.sample(), Engine::new().sample());
        assert_eq!(Engine { many: None }.md5(b"abc"), Engine::new().md5(b"abc"));
    }
}
