// A queue adapter that cannot be loaded.

throw new Error('this adapter wants a library that is not installed');
