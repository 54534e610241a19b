// How the page uploads a file. It is loaded with the first one.

import { ApiError, send } from "./api.js";

/**
 * Upload a file and start its job.
 * @param {File} file @param {Record<string, unknown>} job the other fields of its request
 * @param {(sent: number) => void} onProgress
 * @returns {Promise<string>} the job's id
 */
export async function submitFile(file, job, onProgress) {
  const contentType = file.type || "application/octet-stream";
  const { value: upload } = await send("POST", "/uploads", { name: file.name, size: file.size, contentType });
  await put(upload.url, upload.headers, file, onProgress);
  const { value: accepted } = await send("POST", "/jobs", { ...job, uploadId: upload.uploadId });
  return accepted.id;
}

/**
 * @param {string} url @param {Record<string, string>} headers @param {File} file @param {(sent: number) => void} onProgress
 * @returns {Promise<void>}
 */
function put(url, headers, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch reports no progress of what it sends
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value); // the browser sets that one
    }
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () =>
      request.status < 300
        ? resolve()
        : reject(new ApiError(request.status, "upload_refused", `the upload was refused (${request.status})`));
    request.onerror = () => reject(new ApiError(0, "upload_failed", "the upload broke off: drop the file again"));
    request.send(file);
  });
}
