use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// What is known of the objects, by path: everything but their bytes.
#[derive(Debug, Default)]
pub(super) struct Objects(Mutex<HashMap<Box<str>, Object>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) size: u64,
    pub(super) etag: Box<str>,
    pub(super) modified: SystemTime,
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Object>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, path: &str, object: Object) {
        self.lock().insert(path.into(), object);
    }

    pub(super) fn get(&self, path: &str) -> Option<Object> {
        self.lock().get(path).cloned()
    }

    pub(super) fn remove(&self, path: &str) {
        self.lock().remove(path);
    }
}
