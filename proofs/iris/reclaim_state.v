(* SPDX-License-Identifier: BSL-1.0 *)
(** reclaim: the invariant of a domain, and how a step opens it. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.heap_lang Require Import proofmode notation.
From sluice Require Export reclaim.

Class reclaimG Σ := ReclaimG {
  reclaim_era :> mono_natG Σ;
  reclaim_readers :> ghost_mapG Σ loc reader;
  reclaim_known :> ghost_mapG Σ loc unit;
  reclaim_objects :> ghost_mapG Σ loc object }.
Definition reclaimΣ : gFunctors := #[mono_natΣ; ghost_mapΣ loc reader; ghost_mapΣ loc unit; ghost_mapΣ loc object].
Global Instance subG_reclaimΣ {Σ} : subG reclaimΣ Σ → reclaimG Σ. Proof. solve_inG. Qed.

Record names := Names { γe : gname; γr : gname; γk : gname; γo : gname }.

Section state.
  (** content: what belongs to an object beside its header, as long as it lives *)
  Context `{!heapGS Σ, !reclaimG Σ} (N : namespace) (content : loc → iProp Σ).
  Implicit Types (γ : names) (d r o l : loc) (x : reader) (R : gmap loc reader) (O : gmap loc object) (e b u : nat).

  Definition bound (lo : option nat) : val := match lo with None => #outside | Some n => #n end.
  Definition record_at γ r x : iProp Σ :=
    ∃ taken : bool, (r +ₗ 0) ↦ bound (from x) ∗ (r +ₗ 1) ↦ #(upto x) ∗ (r +ₗ 2) ↦ #taken ∗
      if taken then True else ⌜from x = None⌝ ∗ r ↪[γr γ] x.
  Fixpoint line γ (v : val) (rs : list loc) : iProp Σ :=
    match rs with
      [] => ⌜v = NONEV⌝
    | r :: rs => ⌜v = SOMEV #r⌝ ∗ r ↪[γk γ]□ () ∗ ∃ v', (r +ₗ 3) ↦□ v' ∗ line γ v' rs
    end%I.
  Global Instance line_persistent γ v rs : Persistent (line γ v rs).
  Proof. revert v. induction rs; apply _. Qed.
  Global Instance line_timeless γ v rs : Timeless (line γ v rs).
  Proof. revert v. induction rs; apply _. Qed.

  Definition state γ d e R O : iProp Σ :=
    (d +ₗ 0) ↦ #e ∗ mono_nat_auth_own (γe γ) 1 e ∗
    (∃ v rs, (d +ₗ 1) ↦ v ∗ line γ v rs ∗ ⌜dom R = list_to_set rs⌝) ∗
    ghost_map_auth (γr γ) 1 R ∗ ghost_map_auth (γk γ) 1 ((λ _, ()) <$> R) ∗ ghost_map_auth (γo γ) 1 O ∗
    ⌜sound e R O⌝ ∗ ([∗ map] r ↦ x ∈ R, record_at γ r x) ∗ [∗ map] o ↦ y ∈ O, (o +ₗ 0) ↦{#1/2} #(born y).
  Global Instance state_timeless γ d e R O : Timeless (state γ d e R O).
  Proof.
    assert (∀ r x, Timeless (record_at γ r x)).
    { intros. rewrite /record_at. apply bi.exist_timeless. intros []; apply _. }
    apply _.
  Qed.
  Definition contents O : iProp Σ := [∗ set] o ∈ dom O, content o.
  Definition domain_inv γ d : iProp Σ := ∃ e R O, state γ d e R O ∗ contents O.

  (** ** Garbage: a stack through the objects themselves *)
  Fixpoint chain (v : val) (os : list loc) : iProp Σ :=
    match os with
      [] => ⌜v = NONEV⌝
    | o :: os => ⌜v = SOMEV #o⌝ ∗ ∃ v', (o +ₗ 2) ↦ v' ∗ chain v' os
    end%I.
  Global Instance chain_timeless v os : Timeless (chain v os).
  Proof. revert v. induction os; apply _. Qed.
  Definition stack (G : loc → iProp Σ) l : iProp Σ := ∃ v os, l ↦ v ∗ chain v os ∗ [∗ list] o ∈ os, G o.

  Definition header o : iProp Σ :=
    (∃ v, (o +ₗ 0) ↦ v) ∗ (∃ v, (o +ₗ 1) ↦ v) ∗ (∃ v, (o +ₗ 2) ↦ v) ∗ ∃ v, (o +ₗ 3) ↦ v.
  (** by what an object is freed: a function that gets its memory and its content *)
  Definition frees (f : val) o : iProp Σ := header o -∗ content o -∗ WP f #o {{ _, True%I }}.
  Definition retired γ o b u (may : gset loc) : iProp Σ :=
    o ↪[γo γ] Object b (Some (u, may)) ∗ (o +ₗ 0) ↦{#1/2} #b ∗ ∃ f, (o +ₗ 3) ↦ f ∗ frees f o.
  (** as reclaimers keep it: not stamped yet, but retired by era M; or stamped with an era that is not before its retirement *)
  Definition unstamped γ (M : nat) o : iProp Σ := ∃ b u may, ⌜u ≤ M⌝ ∗ retired γ o b u may ∗ ∃ v, (o +ₗ 1) ↦ v.
  Definition stamped γ (K : nat → nat → gset loc → Prop) o : iProp Σ :=
    ∃ b u may t, ⌜u ≤ t ∧ K b t may⌝ ∗ retired γ o b u may ∗ (o +ₗ 1) ↦ #t.
  Definition any : nat → nat → gset loc → Prop := λ _ _ _, True.
  Definition within (M : gset loc) : nat → nat → gset loc → Prop := λ _ _ may, may ⊆ M.

  Definition orphans_inv γ d : iProp Σ := stack (stamped γ any) (d +ₗ 2).
  Definition is_domain γ d : iProp Σ :=
    inv (N .@ "domain") (domain_inv γ d) ∗ inv (N .@ "orphans") (orphans_inv γ d).

  Definition garbage γ (f k : loc) : iProp Σ :=
    ∃ M, mono_nat_lb_own (γe γ) M ∗ stack (unstamped γ M) f ∗ stack (stamped γ any) k.

  (** ** Stacks *)
  Lemma push_spec G l o :
    {{{ stack G l ∗ G o ∗ ∃ v, (o +ₗ 2) ↦ v }}} push #l #o {{{ RET #(); stack G l }}}.
  Proof.
    iIntros (Φ) "(H & HG & Ho) HΦ". iDestruct "H" as (v os) "(Hl & Hc & HGs)". iDestruct "Ho" as (w) "Ho".
    wp_lam. wp_load. wp_store. wp_store. iApply "HΦ". iExists (SOMEV #o), (o :: os). iFrame. simpl. iFrame. iModIntro. iSplit; [done|].
    iExists v. by iFrame.
  Qed.
  Lemma pop_spec G l :
    {{{ stack G l }}} pop #l
    {{{ v, RET v; ⌜v = NONEV⌝ ∗ l ↦ NONEV ∨ ∃ o, ⌜v = SOMEV #o⌝ ∗ stack G l ∗ G o ∗ ∃ w, (o +ₗ 2) ↦ w }}}.
  Proof.
    iIntros (Φ) "H HΦ". iDestruct "H" as (v os) "(Hl & Hc & HGs)". wp_lam. wp_load. destruct os as [|o os]; simpl.
    - iDestruct "Hc" as %->. wp_pures. iApply "HΦ". iLeft. by iFrame.
    - iDestruct "Hc" as (-> w) "[Ho Hc]". iDestruct "HGs" as "[HG HGs]". wp_pures. wp_load. wp_store. wp_pures.
      iApply "HΦ". iRight. iExists o. iModIntro. iSplit; [done|]. iFrame. iSplitL "Hl Hc HGs"; [|by iExists w].
      iExists w, os. iFrame.
  Qed.
  Lemma stack_mono (G G' : loc → iProp Σ) l : (∀ o, G o -∗ G' o) → stack G l -∗ stack G' l.
  Proof.
    iIntros (HG) "H". iDestruct "H" as (v os) "(Hl & Hc & Hs)". iExists v, os. iFrame.
    iApply (big_sepL_impl with "Hs"). iIntros "!>" (? o _). iApply HG.
  Qed.
  Lemma stack_empty G l : l ↦ NONEV -∗ stack G l.
  Proof. iIntros "Hl". iExists NONEV, []. iFrame "Hl". by iSplit. Qed.

  (** ** A step, and what it changes *)
  Lemma state_era γ d e R O :
    state γ d e R O -∗ (d +ₗ 0) ↦ #e ∗ mono_nat_lb_own (γe γ) e ∗ ⌜sound e R O⌝ ∗ ((d +ₗ 0) ↦ #e -∗ state γ d e R O).
  Proof.
    iIntros "(He & Hm & ? & ? & ? & ? & % & ?)". iDestruct (mono_nat_lb_own_get with "Hm") as "#Hlb". iFrame "He Hlb".
    iSplit; [done|]. iIntros "He". by iFrame.
  Qed.
  Lemma state_tick γ d e R O :
    state γ d e R O -∗ (d +ₗ 0) ↦ #e ∗ mono_nat_lb_own (γe γ) e ∗
      ((d +ₗ 0) ↦ #(S e) ==∗ state γ d (S e) R O).
  Proof.
    iIntros "(He & Hm & ? & ? & ? & ? & % & ?)". iDestruct (mono_nat_lb_own_get with "Hm") as "#Hlb". iFrame "He Hlb".
    iIntros "He". iMod (mono_nat_own_update (S e) with "Hm") as "[Hm _]"; first lia. iModIntro. iFrame.
    iPureIntro. by apply sound_tick.
  Qed.
  Lemma state_not_before γ d e R O u : state γ d e R O -∗ mono_nat_lb_own (γe γ) u -∗ ⌜u ≤ e⌝.
  Proof. iIntros "(_ & Hm & _) Hu". by iDestruct (mono_nat_lb_own_valid with "Hm Hu") as %[_ ?]. Qed.
  Lemma state_has γ d e R O o y : state γ d e R O -∗ o ↪[γo γ] y -∗ ⌜sound e R O ∧ O !! o = Some y⌝.
  Proof. iIntros "(_ & _ & _ & _ & _ & HO & %Hs & _) Ho". by iDestruct (ghost_map_lookup with "HO Ho") as %?. Qed.
  Lemma state_reads γ d e R O r x : state γ d e R O -∗ r ↪[γr γ] x -∗ ⌜sound e R O ∧ R !! r = Some x⌝.
  Proof. iIntros "(_ & _ & _ & HR & _ & _ & %Hs & _) Hr". by iDestruct (ghost_map_lookup with "HR Hr") as %?. Qed.
  Lemma state_reader γ d e R O r x :
    state γ d e R O -∗ r ↪[γr γ] x -∗ ⌜sound e R O ∧ R !! r = Some x⌝ ∗
      (r +ₗ 0) ↦ bound (from x) ∗ (r +ₗ 1) ↦ #(upto x) ∗
      (∀ x', ⌜reader_sound e O r x'⌝ -∗ (r +ₗ 0) ↦ bound (from x') -∗ (r +ₗ 1) ↦ #(upto x') ==∗
        state γ d e (<[r:=x']> R) O ∗ r ↪[γr γ] x').
  Proof.
    iIntros "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) Hr". iDestruct (ghost_map_lookup with "HR Hr") as %Hx.
    iDestruct (big_sepM_insert_acc with "Hrs") as "[H Hrs]"; first done. iDestruct "H" as (tk) "(H0 & H1 & H2 & Htk)".
    destruct tk; last by iDestruct "Htk" as "[_ Htk]"; iDestruct (ghost_map_elem_ne with "Hr Htk") as %?.
    iFrame "H0 H1". iSplit; [done|]. iIntros (x' Hx') "H0 H1". iMod (ghost_map_update x' with "HR Hr") as "[HR $]".
    iModIntro. iFrame "He Hm HR HO Hos". iSplitL "Hl".
    { iDestruct "Hl" as (v rs) "(? & ? & %)". iExists v, rs. iFrame. by rewrite dom_insert_lookup_L. }
    iSplitL "Hk". { rewrite fmap_insert insert_id //. by rewrite lookup_fmap Hx. }
    iSplit; first by (iPureIntro; apply sound_reader). iApply "Hrs". iExists true. by iFrame.
  Qed.
  Lemma state_object γ d e R O o y :
    state γ d e R O -∗ o ↪[γo γ] y -∗ ⌜sound e R O ∧ O !! o = Some y⌝ ∗
      (∀ y', ⌜sound e R (<[o:=y']> O) ∧ born y' = born y⌝ ==∗ state γ d e R (<[o:=y']> O) ∗ o ↪[γo γ] y').
  Proof.
    iIntros "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) Ho". iDestruct (ghost_map_lookup with "HO Ho") as %Hy.
    iSplit; [done|]. iIntros (y' [Hs' Hb]). iMod (ghost_map_update y' with "HO Ho") as "[HO $]". iModIntro. iFrame.
    iSplit; [done|]. iDestruct (big_sepM_insert_acc with "Hos") as "[H Hos]"; first done. iApply "Hos". by rewrite Hb.
  Qed.
  Lemma state_known γ d e R O r :
    state γ d e R O -∗ r ↪[γk γ]□ () -∗ ∃ x, ⌜sound e R O ∧ R !! r = Some x⌝ ∗
      (r +ₗ 0) ↦ bound (from x) ∗ (r +ₗ 1) ↦ #(upto x) ∗
      ((r +ₗ 0) ↦ bound (from x) -∗ (r +ₗ 1) ↦ #(upto x) -∗ state γ d e R O).
  Proof.
    iIntros "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) Hr". iDestruct (ghost_map_lookup with "Hk Hr") as %Hx.
    rewrite lookup_fmap fmap_Some in Hx. destruct Hx as (x & Hx & _).
    iDestruct (big_sepM_lookup_acc with "Hrs") as "[H Hrs]"; first done. iDestruct "H" as (tk) "(H0 & H1 & H2 & Htk)".
    iExists x. iFrame "H0 H1". iSplit; [done|]. iIntros "H0 H1". iFrame. iSplit; [done|]. iApply "Hrs". iExists tk. iFrame.
  Qed.
  Lemma state_taken γ d e R O r :
    state γ d e R O -∗ r ↪[γk γ]□ () -∗ ∃ x (taken : bool), ⌜sound e R O ∧ R !! r = Some x⌝ ∗
      (r +ₗ 2) ↦ #taken ∗ (if taken then True else ⌜from x = None⌝ ∗ r ↪[γr γ] x) ∗
      (∀ taken' : bool, (r +ₗ 2) ↦ #taken' -∗ (if taken' then True else ∃ up, r ↪[γr γ] Reader None up ∅) -∗
        state γ d e R O).
  Proof.
    iIntros "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) Hr". iDestruct (ghost_map_lookup with "Hk Hr") as %Hx.
    rewrite lookup_fmap fmap_Some in Hx. destruct Hx as (x & Hx & _).
    iDestruct (big_sepM_lookup_acc with "Hrs") as "[H Hrs]"; first done. iDestruct "H" as (tk) "(H0 & H1 & H2 & Htk)".
    iExists x, tk. iFrame "H2 Htk". iSplit; [done|]. iIntros (tk') "H2 Htk". destruct tk'.
    - iFrame. iSplit; [done|]. iApply "Hrs". iExists true. iFrame.
    - iDestruct "Htk" as (up) "Htk". iDestruct (ghost_map_lookup with "HR Htk") as %?. simplify_eq.
      iFrame. iSplit; [done|]. iApply "Hrs". iExists false. by iFrame.
  Qed.
  Lemma state_taken_same γ d e R O r :
    state γ d e R O -∗ r ↪[γk γ]□ () -∗ ∃ taken : bool, (r +ₗ 2) ↦ #taken ∗ ((r +ₗ 2) ↦ #taken -∗ state γ d e R O).
  Proof.
    iIntros "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) Hr". iDestruct (ghost_map_lookup with "Hk Hr") as %Hx.
    rewrite lookup_fmap fmap_Some in Hx. destruct Hx as (x & Hx & _).
    iDestruct (big_sepM_lookup_acc with "Hrs") as "[H Hrs]"; first done. iDestruct "H" as (tk) "(H0 & H1 & H2 & Htk)".
    iExists tk. iFrame "H2". iIntros "H2". iFrame. iSplit; [done|]. iApply "Hrs". iExists tk. iFrame.
  Qed.
  Lemma state_make γ d e R O o b :
    b ≤ e → state γ d e R O -∗ (o +ₗ 0) ↦ #b ==∗
      ⌜O !! o = None⌝ ∗ state γ d e R (<[o:=Object b None]> O) ∗ o ↪[γo γ] Object b None ∗ (o +ₗ 0) ↦{#1/2} #b.
  Proof.
    iIntros (Hb) "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) H0".
    iAssert ⌜O !! o = None⌝%I as %Ho.
    { destruct (O !! o) as [y|] eqn:Hy; [|done]. iDestruct (big_sepM_lookup with "Hos") as "H"; first done.
      by iDestruct (mapsto_ne with "H0 H") as %?. }
    iMod (ghost_map_insert o (Object b None) with "HO") as "[HO $]"; first done. iDestruct "H0" as "[H0 $]".
    iModIntro. iSplit; [done|]. iFrame. iSplit; first by (iPureIntro; apply sound_make).
    rewrite big_sepM_insert //. iFrame.
  Qed.
  Lemma state_forget γ d e R O o b u :
    state γ d e R O -∗ o ↪[γo γ] Object b (Some (u, ∅)) ==∗
      ⌜o ∈ dom O⌝ ∗ state γ d e R (delete o O) ∗ (o +ₗ 0) ↦{#1/2} #b.
  Proof.
    iIntros "(He & Hm & Hl & HR & Hk & HO & %Hs & Hrs & Hos) Ho". iDestruct (ghost_map_lookup with "HO Ho") as %Hy.
    iMod (ghost_map_delete with "HO Ho") as "HO". rewrite (big_sepM_delete _ O) //. iDestruct "Hos" as "[H0 Hos]".
    iModIntro. iSplit; first by (iPureIntro; eapply elem_of_dom_2). iFrame. iPureIntro. by eapply sound_free.
  Qed.
End state.
