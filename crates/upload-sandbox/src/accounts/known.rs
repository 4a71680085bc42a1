use std::collections::{HashMap, VecDeque};

/// How many secrets of a kind are remembered; the oldest is forgotten for the next.
const KEPT: usize = 10_000;

/// Secrets that were handed out, each with what is known of it.
#[derive(Debug)]
pub(super) struct Known<T> {
    values: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Known<T> {
    pub(super) fn insert(&mut self, secret: String, value: T) {
        if self.values.insert(secret.clone(), value).is_none() {
            self.order.push_back(secret);
        }
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    pub(super) fn get(&self, secret: &str) -> Option<&T> {
        self.values.get(secret)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.values_mut()
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut known = Known::default();
        for number in 0..=KEPT {
            known.insert(number.to_string(), ());
        }
        assert!(known.get("0").is_none() && known.get("1").is_some());
        known.clear();
        assert!(known.get("1").is_none());
    }
}
