import { HttpProblem, problemFrom, problemOf } from './http.ts';

/** Whole files, with a word on how far they are; a minute long or longer, so a person may end them. */

/**
 * Fetches a file while saying how many bytes have come.
 *
 * @throws HttpProblem; the signal's reason when it was ended
 */
export async function download(
  path: string,
  { onBytes, signal }: { onBytes: (bytes: number) => void; signal: AbortSignal },
): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new HttpProblem('offline');
  }
  if (!response.ok) throw await problemFrom(response);
  let bytes = 0;
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, to) {
        bytes += chunk.length;
        onBytes(bytes);
        to.enqueue(chunk);
      },
    }),
  );
  try {
    return await new Response(counted ?? null, { headers: response.headers }).blob();
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new HttpProblem('offline');
  }
}

/**
 * Sends a file while saying which share of it has gone. By XMLHttpRequest, because fetch says nothing about what
 * it sends.
 *
 * @param onShare  0…1; 1 means that the platform has it and is at work
 * @throws HttpProblem
 */
export function upload<T>(path: string, file: Blob, onShare: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', path);
    sending.timeout = 300_000;
    sending.setRequestHeader('accept', 'application/json');
    sending.setRequestHeader('content-type', 'application/gzip');
    sending.setRequestHeader('idempotency-key', crypto.randomUUID());
    sending.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0);
    sending.upload.onload = () => onShare(1);
    sending.onerror = () => reject(new HttpProblem('offline'));
    sending.ontimeout = () => reject(new HttpProblem('timeout'));
    sending.onload = () => {
      if (sending.status >= 200 && sending.status < 300) {
        resolve(JSON.parse(sending.responseText) as T);
        return;
      }
      const retryAfter = sending.getResponseHeader('retry-after');
      reject(problemOf(sending.status, sending.responseText, retryAfter));
    };
    sending.send(file);
  });
}
