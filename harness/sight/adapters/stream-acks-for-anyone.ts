// Planted bug: the finish of a stream is what XACK is: it asks nobody whose the entry is.

import { plantIntoStream } from '../plant.ts';

export default plantIntoStream('stream-acks-for-anyone', ['finish', "fenced ~= '0'", 'false']);
