//! Other work on the same processors.

use std::{
    hint::spin_loop,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Threads that spin until this is dropped.
pub struct Load {
    end: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    /// The number of threads that makes twice as much work as there are processors.
    pub fn twice() -> io::Result<usize> {
        Ok(2 * thread::available_parallelism()?.get())
    }

    /// So many threads.
    pub fn of(threads: usize) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let spin = |_| {
            let end = end.clone();
            thread::spawn(move || {
                while !end.load(Ordering::Relaxed) {
                    spin_loop();
                }
            })
        };
        Self { threads: (0..threads).map(spin).collect(), end: end.clone() }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that only spins cannot panic.
            let _ = thread.join();
        }
    }
}
