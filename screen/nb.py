import nbformat
from nbclient import NotebookClient
nb=nbformat.read('/tmp/wt/screen/notebooks/screening_threshold.ipynb',as_version=4)
NotebookClient(nb,timeout=600,kernel_name='python3').execute()
for c in nb.cells:
    for o in c.get('outputs',[]):
        print('---'); print((o.get('data',{}).get('text/plain') or o.get('text') or '')[:1200])
